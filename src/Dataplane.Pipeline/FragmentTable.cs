using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Remembers, for fragmented packets, which connection the first fragment had, so that the later
/// ones, which carry no ports, can follow it. A fixed number of packets; the oldest of a set gives way.
/// </summary>
public sealed unsafe class FragmentTable : IDisposable
{
    /// <summary>Fragmented packets that are followed at once.</summary>
    public const int Capacity = Sets * Ways;

    /// <summary>How long fragments are waited for: net.ipv4.ipfrag_time, nanoseconds.</summary>
    public const long Timeout = 30_000_000_000;

    private const int Sets = 4096;
    private const int Ways = 4;

    private readonly NativeArray<Slot> _slots = new(Capacity);

    public void Remember(in Lane lane)
    {
        Slot* set = SetOf(in lane, out Slot wanted);
        Slot* oldest = set;
        for (Slot* slot = set; slot < set + Ways; slot++)
        {
            if (slot->Last < oldest->Last) oldest = slot;
            if (!slot->IsSame(in wanted)) continue;
            oldest = slot;
            break;
        }

        *oldest = wanted;
        oldest->Connection = lane.Connection;
        oldest->Last = lane.Timestamp;
    }

    /// <summary>The connection's reference, or 0.</summary>
    public uint Find(in Lane lane)
    {
        Slot* set = SetOf(in lane, out Slot wanted);
        for (Slot* slot = set; slot < set + Ways; slot++)
        {
            if (slot->IsSame(in wanted) && lane.Timestamp - slot->Last <= Timeout) return slot->Connection;
        }

        return 0;
    }

    public void Dispose() => _slots.Dispose();

    private Slot* SetOf(in Lane lane, out Slot wanted)
    {
        wanted = new Slot
        {
            Addresses = lane.Key.Addresses,
            Id = IdOf(in lane),
            Protocol = lane.Key.Protocol,
            Family = lane.Key.Family,
            Zone = lane.Node,
        };
        uint hash = FlowHash.Mix(wanted.Addresses, (ulong)wanted.Id << 32 | (uint)wanted.Zone << 16 | wanted.Protocol);
        return _slots.Start + (hash % Sets * Ways);
    }

    // The walk over the headers was bounded when the packet was parsed.
    private static uint IdOf(in Lane lane)
    {
        if (!lane.Is(Shape.V6)) return Unsafe.ReadUnaligned<ushort>(lane.Network + Ipv4Header.IdOffset);

        var bytes = new ReadOnlySpan<byte>(lane.Network, lane.Length - lane.LinkSize);
        return Ipv6View.TryParseCut(bytes, out Ipv6View view) == WireError.None ? view.FragmentId : 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        public ulong Addresses;
        public long Last;
        public uint Id;
        public uint Connection;
        public byte Protocol;
        public byte Family;
        public ushort Zone;

        public readonly bool IsSame(in Slot other) =>
            Addresses == other.Addresses && Id == other.Id && Protocol == other.Protocol && Family == other.Family
            && Zone == other.Zone;
    }
}
