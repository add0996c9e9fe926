using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Key of <c>cilium_policy</c> (<c>struct policy_key</c>): identity and direction, then protocol and port as a prefix,
/// so that an entry can stand for all protocols, for all ports of one, or for a power of two of ports.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct PolicyKey : IEquatable<PolicyKey>
{
    public const int Size = 12;

    /// <summary>Identity and direction are always compared.</summary>
    public const int StaticBits = 40;

    /// <summary>Bits of protocol and port.</summary>
    public const int MaxSuffix = 24;

    /// <summary>A protocol with all of its ports.</summary>
    public const int ProtocolSuffix = 8;

    private readonly uint _prefixLength;
    private readonly uint _identity;
    private readonly byte _direction;
    private readonly byte _protocol;
    private readonly ushort _port;

    /// <param name="identity">The peer's; 0: any.</param>
    /// <param name="direction">Egress is the map's one bit.</param>
    /// <param name="suffix">Bits of protocol and port that count: 0, 8, or 9 to 24.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="port">Destination port.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyKey(uint identity, PolicyDirection direction, int suffix, byte protocol, ushort port)
    {
        uint kept = (uint)(protocol << 16 | port) & (uint)(0xFF_FFFFL << (MaxSuffix - suffix));
        _prefixLength = StaticBits + (uint)suffix;
        _identity = identity;
        _direction = (byte)direction;
        _protocol = (byte)(kept >> 16);
        _port = BinaryPrimitives.ReverseEndianness((ushort)kept);
    }

    public uint Identity => _identity;

    public PolicyDirection Direction => (PolicyDirection)_direction;

    public byte Protocol => _protocol;

    /// <summary>The first port of the entry's.</summary>
    public ushort Port => BinaryPrimitives.ReverseEndianness(_port);

    /// <summary>Bits of protocol and port that count.</summary>
    public int Suffix => (int)_prefixLength - StaticBits;

    /// <summary>The key that covers this one with fewer bits.</summary>
    public PolicyKey Shortened(int suffix) => new(Identity, Direction, suffix, Protocol, Port);

    public bool Equals(PolicyKey other) => Head == other.Head && Tail == other.Tail;

    public override bool Equals(object? obj) => obj is PolicyKey other && Equals(other);

    public override int GetHashCode() => (int)FlowHash.Mix(Head, Tail);

    public static bool operator ==(PolicyKey left, PolicyKey right) => left.Equals(right);

    public static bool operator !=(PolicyKey left, PolicyKey right) => !left.Equals(right);

    private ulong Head => Unsafe.As<PolicyKey, ulong>(ref Unsafe.AsRef(in this));

    private uint Tail => Unsafe.Add(ref Unsafe.As<PolicyKey, uint>(ref Unsafe.AsRef(in this)), 2);

    /// <summary>The same key in one of many maps, which all lie in one table here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Size)]
    internal readonly struct InMap(int map, PolicyKey key) : IFlatKey<InMap>
    {
        public const int Size = 16;

        private readonly PolicyKey _key = key;
        private readonly uint _map = (uint)map + 1;

        public bool IsFree => _map == 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint Hash() => FlowHash.Mix(_key.Head, (ulong)_map << 32 | _key.Tail);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(in InMap other) =>
            _key.Head == other._key.Head && _key.Tail == other._key.Tail && _map == other._map;
    }
}

/// <summary>
/// Value of <c>cilium_policy</c> (<c>struct policy_entry</c>, its newer form). The cookie, by which Cilium finds the
/// text of a policy's log, is the number of the rule here.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct PolicyEntry
{
    public const int Size = 12;

    private const byte DenyBit = 0x01;
    private const int SuffixShift = 3;

    private readonly ushort _proxyPort;
    private readonly byte _flags;
    private readonly byte _authType;
    private readonly uint _precedence;
    private readonly int _cookie;

    public PolicyEntry(bool isDeny, int suffix, uint precedence, int rule)
    {
        _flags = (byte)((isDeny ? DenyBit : 0) | suffix << SuffixShift);
        _precedence = precedence;
        _cookie = rule;
    }

    public bool IsDeny => (_flags & DenyBit) != 0;

    /// <summary>Bits of protocol and port in the entry's key (<c>lpm_prefix_length</c>).</summary>
    public int Suffix => _flags >> SuffixShift;

    /// <summary>Of two entries that match, the higher one counts.</summary>
    public uint Precedence => _precedence;

    public int Rule => _cookie;
}
