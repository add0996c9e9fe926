namespace Dataplane.Wire;

/// <summary>
/// The option encoding that RFC 791 and RFC 9293 share: 0 ends, 1 is a single byte, others carry a length.
/// </summary>
internal ref struct TypeLengthOptions
{
    private const byte End = 0;
    private const byte NoOperation = 1;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _offset;
    private int _size;
    private bool _malformed;

    internal TypeLengthOptions(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    internal readonly bool IsMalformed => _malformed;

    internal readonly byte Type => _size == 0 ? End : _bytes[_offset];

    internal readonly ReadOnlySpan<byte> Bytes => _bytes.Slice(_offset, _size);

    internal readonly int Offset => _offset;

    internal bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _bytes[(_offset + _size)..];
        if (_malformed || rest.IsEmpty || rest[0] == End) return false;

        int size = rest[0] == NoOperation ? 1 : rest.Length > 1 ? rest[1] : int.MaxValue;
        _malformed = size > rest.Length || (rest[0] != NoOperation && size < 2);
        if (_malformed) return false;

        _offset += _size;
        _size = size;
        return true;
    }
}
