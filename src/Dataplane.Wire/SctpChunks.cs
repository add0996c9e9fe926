using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>
/// RFC 9260 §3.2: walks chunks; stops, with <see cref="IsMalformed"/> set, where one overruns the rest.
/// </summary>
public ref struct SctpChunks
{
    public const byte Data = 0;
    public const byte Init = 1;
    public const byte InitAck = 2;
    public const byte Heartbeat = 4;
    public const byte HeartbeatAck = 5;
    public const byte Abort = 6;
    public const byte Shutdown = 7;
    public const byte ShutdownAck = 8;
    public const byte CookieEcho = 10;
    public const byte CookieAck = 11;
    public const byte ShutdownComplete = 14;

    private const int ChunkHeaderSize = 4;

    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _current;
    private bool _malformed;

    internal SctpChunks(ReadOnlySpan<byte> bytes) => _rest = bytes;

    public readonly bool IsMalformed => _malformed;

    public readonly byte Type => _current.IsEmpty ? (byte)0 : _current[0];

    public readonly byte Flags => _current.IsEmpty ? (byte)0 : _current[1];

    public readonly ReadOnlySpan<byte> Value => _current.IsEmpty ? default : _current[ChunkHeaderSize..];

    public bool MoveNext()
    {
        if (_rest.IsEmpty || _malformed) return false;

        int length = _rest.Length < ChunkHeaderSize ? 0 : MemoryMarshal.Read<U16Be>(_rest[2..]).Host;
        _malformed = length < ChunkHeaderSize || length > _rest.Length;
        if (_malformed) return false;

        _current = _rest[..length];
        int padded = (length + 3) & ~3;
        _rest = _rest[Math.Min(padded, _rest.Length)..];
        return true;
    }
}
