using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Remembers the ICMP messages that nodes have made, so that a capture that holds a packet and a node's answer to it
/// does not bring the answer twice. A fixed number of them; a newer one takes an older one's place.
/// </summary>
public sealed unsafe class AnswerMemory : IDisposable
{
    /// <summary>How long after the packet its answer may stand in the capture, nanoseconds.</summary>
    public const long Timeout = 30_000_000_000;

    private const int Slots = 8192;

    /// <summary>
    /// What is compared behind the ICMP header: the IP header and the ports of the packet that an error quotes.
    /// </summary>
    private const int BodySize = 24;

    private const int TypeSize = sizeof(ushort);

    private readonly NativeArray<Slot> _slots = new(Slots);

    public void Remember(in Lane answer)
    {
        if (!IsIcmp(in answer)) return;

        ulong print = Fingerprint(in answer);
        _slots[(long)(print % Slots)] = new Slot { Print = print, Made = answer.Timestamp };
    }

    /// <summary>Whether the captured packet is one that a node has already sent here.</summary>
    public bool Holds(in Lane captured)
    {
        if (!IsIcmp(in captured)) return false;

        ulong print = Fingerprint(in captured);
        ref Slot slot = ref _slots[(long)(print % Slots)];
        return slot.Print == print && captured.Timestamp - slot.Made <= Timeout;
    }

    public void Dispose() => _slots.Dispose();

    private static bool IsIcmp(in Lane lane) =>
        lane.Transport != null && lane.Key.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;

    // Ids, TTLs and with them IPv4's header checksum change on the way or are drawn anew; the ICMP message does not.
    private static ulong Fingerprint(in Lane lane)
    {
        byte* icmp = lane.Transport;
        byte* body = icmp + IcmpHeader.Size;
        long present = lane.Network + Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize) - body;
        uint type = Unsafe.ReadUnaligned<ushort>(icmp);
        uint rest = Unsafe.ReadUnaligned<uint>(icmp + TypeSize + sizeof(ushort));
        ulong print = Add(lane.Key.Addresses, (ulong)type << 32 | rest);
        for (int at = 0; at + sizeof(ulong) <= Math.Min(present, BodySize); at += sizeof(ulong))
        {
            print = Add(print, Unsafe.ReadUnaligned<ulong>(body + at));
        }

        return print;
    }

    private static ulong Add(ulong print, ulong word) =>
        (ulong)FlowHash.Mix(print, word) << 32 | FlowHash.Mix(word, ~print);

    private struct Slot
    {
        public ulong Print;
        public long Made;
    }
}
