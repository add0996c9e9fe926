using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// The part of a rule that most rules fail on, as value and mask over one word of 16 bytes: both addresses, both
/// ports, protocol, interfaces, connection state. A rule that does not match costs one exclusive-or and one test; 32
/// bytes, two rules in a cache line.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct RuleKey
{
    public const int Size = 32;

    public Vector128<uint> Value;
    public Vector128<uint> Mask;

    /// <summary>Where fields lie: words of the vector, and shifts within a word.</summary>
    public const int SourceWord = 0;

    public const int DestinationWord = 1;
    public const int PortWord = 2;
    public const int RestWord = 3;
    public const int DestinationPortShift = 16;
    public const int InShift = 8;
    public const int OutShift = 16;
    public const int StateShift = 24;

    /// <summary>Bits of the state byte: the connection's states, then these.</summary>
    public const uint StateBits = 0x1f;

    public const uint LaterFragmentBit = 0x20;
    public const uint ReplyBit = 0x40;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Matches(Vector128<uint> packet) => ((packet ^ Value) & Mask) == Vector128<uint>.Zero;

    /// <summary>
    /// 32 bits of an address: all of an IPv4 one; a hash of an IPv6 one, so that both families walk the same loop.
    /// Rules with an IPv6 address compare the whole address once the hash agrees.
    /// </summary>
    public static uint Fold(UInt128 address, int family) =>
        family == 4 ? (uint)address : FlowHash.Mix((ulong)(address >> 64), (ulong)address);

    public static Vector128<uint> Of(in NetfilterPacket packet, byte inId, byte outId, ConnectionStates state)
    {
        uint states = (uint)state & StateBits;
        if ((packet.Facts & PacketFacts.IsLaterFragment) != 0) states |= LaterFragmentBit;
        if ((packet.Facts & PacketFacts.IsReply) != 0) states |= ReplyBit;

        return Vector128.Create(
            Fold(packet.Source, packet.Family),
            Fold(packet.Destination, packet.Family),
            packet.SourcePort | (uint)packet.DestinationPort << DestinationPortShift,
            packet.Protocol | (uint)inId << InShift | (uint)outId << OutShift | states << StateShift);
    }
}
