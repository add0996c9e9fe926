using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Puts fragments of packets to a node together (RFC 791 §3.2; net/ipv4/ip_fragment.c): outer fragments of
/// tunnel packets. Holds a fixed number of packets; records that wait have their verdict when the packet
/// is whole, or its time is over.
/// </summary>
public sealed unsafe class Reassembly : IDisposable
{
    /// <summary>Packets that wait at once.</summary>
    public const int Capacity = 64;

    /// <summary>Fragments of one packet.</summary>
    public const int MaxFragments = 64;

    private const int MaxSize = ushort.MaxValue;
    private const int Unit = 8;

    private readonly Waiting?[] _waiting = new Waiting?[Capacity];

    /// <summary>
    /// Adds a fragment. True where it completes its packet: the lane then holds the whole of it. False otherwise:
    /// the lane is held, or dropped.
    /// </summary>
    public bool TryComplete(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        Expire(lane.Timestamp, state.Counters);
        Waiting? waiting = FindOrBegin(in lane);
        if (waiting is null || lane.Is(Shape.Cut) || !waiting.TryAdd(in lane))
        {
            burst.Drop(ref lane, DropReason.FragmentLimit, Stage.Decap);
            return false;
        }

        if (!waiting.IsWhole)
        {
            Hold(burst, ref lane, waiting);
            return false;
        }

        bool done = waiting.TryTake(burst, ref lane, state.Topology.Names);
        waiting.Settle(Verdict.Forwarded, DropReason.None, state.Counters);
        if (!done) burst.Drop(ref lane, DropReason.NoBuffer, Stage.Decap);
        return done;
    }

    /// <summary>Gives up what is older than the fragments' timeout.</summary>
    public void Expire(long now, RunCounters counters)
    {
        foreach (Waiting? waiting in _waiting)
        {
            if (waiting is not { InUse: true } || now - waiting.Began <= FragmentTable.Timeout) continue;
            waiting.Settle(Verdict.Dropped, DropReason.FragmentTimeout, counters);
        }
    }

    /// <summary>At the end of a run: what still waits, waits in vain.</summary>
    public void Finish(RunCounters counters)
    {
        foreach (Waiting? waiting in _waiting)
        {
            if (waiting is { InUse: true }) waiting.Settle(Verdict.Dropped, DropReason.FragmentTimeout, counters);
        }
    }

    public void Dispose()
    {
        foreach (Waiting? waiting in _waiting) waiting?.Dispose();
    }

    private static void Hold(PacketBurst burst, ref Lane lane, Waiting waiting)
    {
        ref RecordState record = ref burst.Records[lane.Record];
        record.Flags |= lane.Marks | RecordFlags.Held;
        record.Node = lane.Node;
        waiting.Records.Add(record);
        lane.Status = LaneStatus.Done;
    }

    private Waiting? FindOrBegin(in Lane lane)
    {
        int free = -1;
        for (int index = 0; index < Capacity; index++)
        {
            Waiting? waiting = _waiting[index];
            if (waiting is { InUse: true } && waiting.IsSame(in lane)) return waiting;
            if (free < 0 && waiting is not { InUse: true }) free = index;
        }

        if (free < 0) return null;

        Waiting begun = _waiting[free] ??= new Waiting();
        begun.Begin(in lane);
        return begun;
    }

    private sealed class Waiting : IDisposable
    {
        private readonly NativeArray<byte> _bytes = new(MaxSize + Ipv4Header.MaxSize);
        private readonly ulong[] _units = new ulong[(MaxSize / Unit / 64) + 1];
        private ulong _addresses;
        private ushort _id;
        private ushort _zone;
        private int _headerSize;
        private int _total;
        private int _received;

        public List<RecordState> Records { get; } = new(MaxFragments);

        public bool InUse { get; private set; }

        public long Began { get; private set; }

        public bool IsWhole => _total > 0 && _headerSize > 0 && _received >= _total;

        public void Begin(in Lane lane)
        {
            InUse = true;
            Began = lane.Timestamp;
            _addresses = lane.Key.Addresses;
            _id = Id(in lane);
            _zone = lane.Node;
            _headerSize = _total = _received = 0;
            Array.Clear(_units);
            Records.Clear();
        }

        public bool IsSame(in Lane lane) =>
            _addresses == lane.Key.Addresses && _id == Id(in lane) && _zone == lane.Node;

        public bool TryAdd(in Lane lane)
        {
            if (Ipv4View.TryParse(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength), out Ipv4View view)
                != WireError.None)
                return false;

            ReadOnlySpan<byte> payload = view.Payload;
            int offset = view.FragmentOffset;
            if (Records.Count == MaxFragments || offset + payload.Length > MaxSize
                || (view.MoreFragments && payload.Length % Unit != 0))
                return false;

            if (offset == 0)
            {
                _headerSize = view.HeaderLength;
                view.Header.CopyTo(new Span<byte>(_bytes.Start, Ipv4Header.MaxSize));
            }

            payload.CopyTo(new Span<byte>(_bytes.Start + Ipv4Header.MaxSize + offset, payload.Length));
            if (!view.MoreFragments) _total = offset + payload.Length;
            Mark(offset / Unit, (payload.Length + Unit - 1) / Unit, payload.Length);
            return true;
        }

        // Overlaps and repetitions count once: bytes are counted by the units that were not there.
        private void Mark(int first, int count, int size)
        {
            for (int unit = first; unit < first + count; unit++)
            {
                ulong bit = 1ul << (unit & 63);
                if ((_units[unit >> 6] & bit) != 0) continue;
                _units[unit >> 6] |= bit;
                _received += Math.Min(Unit, size - ((unit - first) * Unit));
            }
        }

        public bool TryTake(PacketBurst burst, ref Lane lane, AddressNames names)
        {
            int length = _headerSize + _total;
            byte* to = burst.Allocate(length);
            if (to == null || length > ushort.MaxValue) return false;

            new ReadOnlySpan<byte>(_bytes.Start, _headerSize).CopyTo(new Span<byte>(to, _headerSize));
            new ReadOnlySpan<byte>(_bytes.Start + Ipv4Header.MaxSize, _total)
                .CopyTo(new Span<byte>(to + _headerSize, _total));
            to[Ipv4Header.TotalLengthOffset] = (byte)(length >> 8);
            to[Ipv4Header.TotalLengthOffset + 1] = (byte)length;
            to[Ipv4Header.FragmentOffsetOffset] = 0;
            to[Ipv4Header.FragmentOffsetOffset + 1] = 0;
            Unsafe.InitBlockUnaligned(to + Ipv4Header.ChecksumOffset, 0, sizeof(ushort));
            Unsafe.WriteUnaligned(to + Ipv4Header.ChecksumOffset,
                InternetChecksum.Finish(InternetChecksum.Sum(new ReadOnlySpan<byte>(to, _headerSize))));

            lane.Network = to;
            lane.Frame = to;
            lane.Length = length;
            lane.Missing = 0;
            lane.LinkSize = 0;
            lane.Shape = Shape.None;
            lane.Transport = null;
            DropReason reason = NetworkParser.Parse(ref lane, length, 0, names);
            lane.Key.Zone = lane.Node;
            lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(to, length));
            return reason == DropReason.None;
        }

        public void Settle(Verdict verdict, DropReason reason, RunCounters counters)
        {
            foreach (RecordState held in Records)
            {
                RecordState record = held;
                record.Verdict = verdict;
                record.Drop = reason;
                record.Stage = verdict == Verdict.Dropped ? Stage.Decap : Stage.None;
                counters.Settle(in record);
            }

            Records.Clear();
            InUse = false;
        }

        public void Dispose() => _bytes.Dispose();

        private static ushort Id(in Lane lane) => Unsafe.ReadUnaligned<ushort>(lane.Network + Ipv4Header.IdOffset);
    }
}
