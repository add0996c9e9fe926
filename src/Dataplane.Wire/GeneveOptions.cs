using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// RFC 8926 §3.5: walks options; stops, with <see cref="IsMalformed"/> set, where one overruns the rest.
/// </summary>
public ref struct GeneveOptions
{
    private const int OptionHeaderSize = 4;

    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _current;
    private bool _malformed;

    internal GeneveOptions(ReadOnlySpan<byte> bytes) => _rest = bytes;

    public readonly bool IsMalformed => _malformed;

    public readonly ushort Class => _current.IsEmpty ? (ushort)0 : MemoryMarshal.Read<U16Be>(_current).Host;

    public readonly byte Type => _current.IsEmpty ? (byte)0 : _current[2];

    public readonly bool IsCritical => (Type & 0x80) != 0;

    public readonly ReadOnlySpan<byte> Data => _current.IsEmpty ? default : _current[OptionHeaderSize..];

    public bool MoveNext()
    {
        if (_rest.IsEmpty || _malformed) return false;

        int size = _rest.Length < OptionHeaderSize
            ? int.MaxValue
            : OptionHeaderSize + (_rest[3] & 0x1F) * 4;
        _malformed = size > _rest.Length;
        if (_malformed) return false;

        _current = _rest[..size];
        _rest = _rest[size..];
        return true;
    }
}
