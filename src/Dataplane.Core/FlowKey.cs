using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// What identifies a flow on one node: 16 bytes for both families. An IPv4 address is its own name; an IPv6 address is
/// the number that <see cref="AddressNames"/> gave it. ICMP queries carry their id in both ports, as Linux does.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct FlowKey : IEquatable<FlowKey>
{
    public const int Size = 16;

    /// <summary>The bits of <see cref="Rest"/> that the packet itself gives.</summary>
    private const ulong PacketBits = ulong.MaxValue >> 16;

    public uint Source;
    public uint Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public byte Protocol;

    /// <summary>4 or 6.</summary>
    public byte Family;

    /// <summary>The node that tracks the flow.</summary>
    public ushort Zone;

    public readonly ulong Addresses
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.As<FlowKey, ulong>(ref Unsafe.AsRef(in this));
    }

    public readonly ulong Rest
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.Add(ref Unsafe.As<FlowKey, ulong>(ref Unsafe.AsRef(in this)), 1);
    }

    /// <summary>The same flow seen from the other side, on the same node.</summary>
    public readonly FlowKey Reversed() => new()
    {
        Source = Destination,
        Destination = Source,
        SourcePort = DestinationPort,
        DestinationPort = SourcePort,
        Protocol = Protocol,
        Family = Family,
        Zone = Zone,
    };

    /// <summary>
    /// 32 bits for table positions; the same on every machine, in every run, and in every zone: a packet is looked for
    /// before it is known which node it enters.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Hash() => FlowHash.Mix(Addresses, Rest & PacketBits);

    /// <summary>Whether the packets are the same, wherever they are tracked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsSamePacket(in FlowKey other) =>
        ((Addresses ^ other.Addresses) | ((Rest ^ other.Rest) & PacketBits)) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Equals(FlowKey other) => Addresses == other.Addresses && Rest == other.Rest;

    public override readonly bool Equals(object? obj) => obj is FlowKey other && Equals(other);

    public override readonly int GetHashCode() => (int)Hash();

    public static bool operator ==(FlowKey left, FlowKey right) => left.Equals(right);

    public static bool operator !=(FlowKey left, FlowKey right) => !left.Equals(right);
}

/// <summary>
/// CRC32C over two words: one instruction each where the machine has it, the same numbers where it has not.
/// </summary>
public static class FlowHash
{
    private const uint Seed = 0x9747_B28C;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mix(ulong first, ulong second) =>
        System.Numerics.BitOperations.Crc32C(System.Numerics.BitOperations.Crc32C(Seed, first), second);
}
