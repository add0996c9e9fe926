namespace Dataplane.Wire;

/// <summary>
/// RFC 791 §3.1, Options: walks them; stops, with <see cref="IsMalformed"/> set, where one overruns the rest.
/// </summary>
public ref struct Ipv4Options
{
    public const byte End = 0;
    public const byte NoOperation = 1;
    public const byte RecordRoute = 7;
    public const byte Timestamp = 68;
    public const byte CopiedFlag = 0x80;

    private TypeLengthOptions _options;

    internal Ipv4Options(ReadOnlySpan<byte> bytes) => _options = new TypeLengthOptions(bytes);

    public readonly bool IsMalformed => _options.IsMalformed;

    public readonly byte Type => _options.Type;

    /// <summary>The option goes into every fragment, not only the first.</summary>
    public readonly bool IsCopied => (Type & CopiedFlag) != 0;

    /// <summary>The whole option: type, length and data.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _options.Bytes;

    /// <summary>Where the option starts, counted from the first option.</summary>
    public readonly int Offset => _options.Offset;

    public bool MoveNext() => _options.MoveNext();
}
