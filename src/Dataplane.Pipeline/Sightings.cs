using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Pipeline.Tunnels;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Remembers which packets of a capture of several points have been seen, so that each counts once: at the pod's veth,
/// say, and not again at the bridge, in the tunnel, on the wire and at the receiver. A fixed number of them for a
/// second of capture time; the oldest gives way. What comes again by the same point is another packet, however equal.
/// </summary>
public sealed unsafe class Sightings : IDisposable
{
    /// <summary>How long a packet may be on its way between two points, nanoseconds of capture time.</summary>
    public const long Window = 1_000_000_000;

    /// <summary>Packets that are remembered.</summary>
    public const int Capacity = Sets * Ways;

    private const int Sets = 1 << 15;
    private const int Ways = 4;

    private readonly NativeArray<Sighted> _table = new(Capacity);
    private readonly long[] _entries = new long[PacketBurst.MaxRecords];
    private readonly Topology _topology;
    private readonly int _largestWhole;
    private bool _hasLarge;

    /// <summary>
    /// Of a record that was judged to be seen again, the last of these: which one it shows, by its number in the
    /// capture. −1 where several packets were alike.
    /// </summary>
    public long Shown { get; private set; } = -1;

    public Sightings(Topology topology)
    {
        _topology = topology;
        _largestWhole = LargestWhole(topology);
    }

    /// <summary>
    /// Whether the record may show what an earlier one of the burst becomes (a piece of it, a node's answer to
    /// it): that must have been on its way first. Notes where it was captured. Of bursts that are being read,
    /// not of those that are decided.
    /// </summary>
    // Not inlined: the loop over records of captures of one point would pay for its locals.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool IsLater(ref Lane lane, in CaptureRecord record)
    {
        lane.Point = CapturePoint.Of(in record).Packed;
        bool isBehindLarge = lane.Record > 0 && _hasLarge;
        _hasLarge = isBehindLarge || lane.NetworkLength > _largestWhole;
        if (isBehindLarge || lane.Status != LaneStatus.Live) return isBehindLarge;

        return !lane.Is(Shape.Arp | Shape.NeighbourDiscovery) && InnerPacket.HoldsIcmp(in lane, _topology);
    }

    /// <summary>
    /// Why the record is no packet of its own: it shows one that has entered the cluster already. In capture order;
    /// remembers what it has not seen yet.
    /// </summary>
    internal IgnoreReason Judge(in Lane lane, long record, AnswerMemory answers)
    {
        _entries[lane.Record] = -1;
        if (lane.Point == 0) return IgnoreReason.None;

        var point = CapturePoint.FromPacked(lane.Point);
        if (lane.Is(Shape.LaterFragment)
            && Find(PacketPrint.OfTrain(in lane, in point), in lane) is >= 0 and long train)
        {
            Shown = _table[train].Record;
            return IgnoreReason.SeenAgain;
        }

        bool isInside = InnerPacket.TryRead(in lane, _topology, out Lane inner);
        if (!isInside) return IsAgain(in lane, record, in point, isInside) ? IgnoreReason.SeenAgain : IgnoreReason.None;
        if (inner.Source.Kind == PlaceKind.Node && answers.Holds(in inner)) return IgnoreReason.OwnAnswer;
        if (!IsAgain(in inner, record, in point, isInside)) return IgnoreReason.None;

        // The later pieces of a tunnel's packet tell nothing of the packet inside.
        if (lane.Is(Shape.Fragment))
            Add(PacketPrint.OfTrain(in lane, in point), in lane, Shown, in point, id: 0, ttl: 0);
        return IgnoreReason.SeenAgain;
    }

    /// <summary>A packet that did not enter anywhere here may do so at the next point.</summary>
    internal void Left(in Lane lane)
    {
        if (_entries[lane.Record] is >= 0 and long entry) _table[entry].HasEntered = false;
    }

    /// <summary>A node takes a packet apart: the capture may show the pieces.</summary>
    internal void Made(in Lane piece)
    {
        if (_entries[piece.Record] is not (>= 0 and long entry)) return;

        // Between the ends that the capture shows: the backend that was drawn here need not be the real cluster's.
        Lane shown = piece;
        shown.Key = _table[entry].Key;
        shown.Source = _table[entry].Source;
        shown.Destination = _table[entry].Destination;
        if (piece.Is(Shape.LaterFragment)) shown.Key.SourcePort = shown.Key.DestinationPort = 0;

        ulong print = PacketPrint.Of(in shown);
        long found = Find(print, in shown);
        if (found >= 0) _table[found].Repeat();
        else
            Add(print, in shown, _table[entry].Record,
                CapturePoint.FromPacked(piece.Point), id: 0, PacketEdit.Ttl(in piece));
    }

    public void Dispose() => _table.Dispose();

    // What is larger may be taken apart on its way.
    private static int LargestWhole(Topology topology)
    {
        int smallest = ushort.MaxValue;
        for (int node = 0; node < topology.Nodes.Length; node++)
        {
            ref NodeEntry entry = ref topology.Nodes[node];
            smallest = Math.Min(smallest, Math.Min(entry.UnderlayMtu, entry.PodMtu));
            if (topology.Tunnel is not null) smallest = Math.Min(smallest, entry.TunnelMtu);
            if (topology.TunnelV6 is not null) smallest = Math.Min(smallest, entry.TunnelMtuV6);
        }

        return smallest;
    }

    private bool IsAgain(in Lane lane, long record, in CapturePoint point, bool isInside)
    {
        byte ttl = lane.Is(Shape.Arp) ? (byte)0 : PacketEdit.Ttl(in lane);
        uint id = IdOf(in point, ttl, isInside);
        ulong print = PacketPrint.Of(in lane);
        long set = (long)(print % Sets) * Ways;
        for (long way = set; way < set + Ways; way++)
        {
            ref Sighted seen = ref _table[way];
            if (!seen.IsSame(print, in lane)) continue;
            if (seen.Interface == point.Interface && ttl > seen.Ttl) continue;      // nobody gives a TTL back

            bool isOneMore = !seen.TrySight(id, lane.Timestamp, point is { IsCooked: true, IsOutgoing: true });
            if (!isOneMore && seen.HasEntered)
            {
                Shown = seen.Packets == 1 ? seen.Record : -1;
                return true;
            }

            seen.HasEntered = true;
            seen.Record = record;
            _entries[lane.Record] = way;
            return false;
        }

        _entries[lane.Record] = Add(print, in lane, record, in point, id, ttl);
        return false;
    }

    private static uint IdOf(in CapturePoint point, byte ttl, bool isInside) =>
        FlowHash.Mix(point.Interface, (ulong)point.Way << 16 | (ulong)ttl << 8 | (isInside ? 1ul : 0)) | 1;

    private long Find(ulong print, in Lane lane)
    {
        long set = (long)(print % Sets) * Ways;
        for (long way = set; way < set + Ways; way++)
        {
            if (_table[way].IsSame(print, in lane)) return way;
        }

        return -1;
    }

    private long Add(ulong print, in Lane lane, long record, in CapturePoint point, uint id, byte ttl)
    {
        long oldest = (long)(print % Sets) * Ways;
        for (long way = oldest + 1; way < (oldest & -Ways) + Ways; way++)
        {
            if (_table[way].Time < _table[oldest].Time) oldest = way;
        }

        ref Sighted seen = ref _table[oldest];
        seen = default;
        seen.Print = print;
        seen.Time = lane.Timestamp;
        seen.Key = lane.Key;
        seen.Source = lane.Source;
        seen.Destination = lane.Destination;
        seen.Interface = point.Interface;
        seen.Ttl = ttl;
        seen.Packets = 1;
        seen.HasEntered = true;
        seen.Record = record;
        if (id != 0) seen.Begin(id);
        return oldest;
    }
}
