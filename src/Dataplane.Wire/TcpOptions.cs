namespace Dataplane.Wire;

/// <summary>
/// RFC 9293 §3.2: walks TCP options; stops, with <see cref="IsMalformed"/> set, where one overruns the rest.
/// </summary>
public ref struct TcpOptions
{
    public const byte MaximumSegmentSize = 2;
    public const byte WindowScale = 3;
    public const byte SackPermitted = 4;
    public const byte Sack = 5;
    public const byte Timestamps = 8;

    private TypeLengthOptions _options;

    internal TcpOptions(ReadOnlySpan<byte> bytes) => _options = new TypeLengthOptions(bytes);

    public readonly bool IsMalformed => _options.IsMalformed;

    public readonly byte Kind => _options.Type;

    /// <summary>The option's bytes behind kind and length.</summary>
    public readonly ReadOnlySpan<byte> Data => _options.Bytes.Length > 2 ? _options.Bytes[2..] : default;

    public bool MoveNext() => _options.MoveNext();
}
