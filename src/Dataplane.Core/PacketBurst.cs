using System.Runtime.CompilerServices;

namespace Dataplane.Core;

/// <summary>
/// Packets that travel together, with the memory that holds them. Records come first; frames that are made on the way
/// (answers, fragments) follow behind them. Everything is allocated once.
/// </summary>
public sealed unsafe class PacketBurst : IDisposable
{
    /// <summary>Records that are taken at once.</summary>
    public const int MaxRecords = 64;

    /// <summary>Lanes for records and for frames made on the way.</summary>
    public const int MaxLanes = 4096;

    /// <summary>Room in front of every IP header, for the headers that tunnels add.</summary>
    public const int Headroom = 128;

    /// <summary>Bytes behind which no further record is taken; what is left is for frames made on the way.</summary>
    private const int RecordBytes = 1 << 20;
    private const int ArenaBytes = 4 << 20;
    private const int Alignment = 64;

    private readonly NativeArray<byte> _arena = new(ArenaBytes);
    private readonly NativeArray<Lane> _lanes = new(MaxLanes);
    private readonly NativeArray<RecordState> _records = new(MaxRecords);
    private readonly EndFilter _senders = new();
    private readonly EndFilter _receivers = new();
    private readonly EndFilter _ends = new();
    private int _cursor;

    /// <summary>Lanes in use.</summary>
    public int Count { get; private set; }

    public int RecordCount { get; private set; }

    /// <summary>Number of the burst's first record in the capture, from 0, over all loops.</summary>
    public long FirstRecord { get; set; }

    public Lane* Lanes => _lanes.Start;

    public RecordState* Records => _records.Start;

    public bool HasRoomForRecord => RecordCount < MaxRecords && _cursor < RecordBytes;

    /// <summary>Whether keys of IPv6 packets hold hashes where their addresses' names will be.</summary>
    public bool HasUnnamed { get; set; }

    /// <summary>Frames that were put into a tunnel.</summary>
    public int Encapsulated { get; set; }

    /// <summary>
    /// Whether all packets are on the beaten track, and none is left to the stages between Parse and Encap.
    /// </summary>
    public bool IsSteady { get; set; }

    /// <summary>Whether the outer ids stand in the lanes already.</summary>
    public bool IsNumbered { get; set; }

    /// <summary>Whether any lane still has work in another round.</summary>
    public bool HasWaiting { get; set; }

    /// <summary>
    /// Whether any lane has come over the underlay or out of a tunnel: a stage without work is left out.
    /// </summary>
    public bool HasArrivals { get; set; }

    /// <summary>Whether any lane belongs to no connection yet.</summary>
    public bool HasStrangers { get; set; }

    /// <summary>Whether any lane is new, or may need its source translated.</summary>
    public bool HasSourceWork { get; set; }

    public void Clear()
    {
        Count = 0;
        RecordCount = 0;
        HasWaiting = false;
        HasArrivals = false;
        HasUnnamed = false;
        Encapsulated = 0;
        IsSteady = false;
        IsNumbered = false;
        _cursor = 0;
        _senders.Clear();
        _receivers.Clear();
    }

    /// <summary>Room for a packet of so many bytes with headroom in front; null where the arena is full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Allocate(int size)
    {
        int needed = (Headroom + size + Alignment - 1) & -Alignment;
        if (needed > ArenaBytes - _cursor) return null;

        byte* start = _arena.Start + _cursor + Headroom;
        _cursor += needed;
        return start;
    }

    /// <summary>
    /// The next lane, for a record; the caller fills it. No frame is made before the last record is there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Lane AddRecord(long timestamp, int originalLength)
    {
        int record = RecordCount;
        Count = RecordCount = record + 1;
        ref Lane lane = ref _lanes.Start[record];
        lane = default;
        lane.Timestamp = timestamp;
        lane.Status = LaneStatus.Live;
        lane.Record = record;
        _records.Start[record] =
            new RecordState { Timestamp = timestamp, OriginalLength = originalLength, Node = RecordState.NoNode };
        return ref lane;
    }

    /// <summary>Takes the last record back: it belongs to the next burst.</summary>
    public void RemoveRecord()
    {
        Count--;
        RecordCount--;
    }

    /// <summary>A lane for a frame made on the way, as a copy of the one it came of; null where none is left.</summary>
    public Lane* TryAddLane(in Lane from)
    {
        if (Count == MaxLanes) return null;

        Lane* lane = _lanes.Start + Count++;
        *lane = from;
        return lane;
    }

    /// <summary>
    /// Whether the packet goes to where an earlier one of the burst came from, or comes from where an earlier one goes
    /// to (a Service hides one of the two): neither may overtake the other at a node. Remembers both of this one's
    /// ends. May say yes without need, never no.
    /// </summary>
    public bool MeetsEarlier(in FlowKey key)
    {
        uint to = EndFilter.To(in key);
        uint from = EndFilter.From(in key);
        if (_senders.Contains(to) || _receivers.Contains(from)) return true;

        _senders.Add(from);
        _receivers.Add(to);
        return false;
    }

    /// <summary>Forgets what <see cref="RememberEnds"/> has remembered.</summary>
    public void ForgetEnds() => _ends.Clear();

    /// <summary>Remembers both of a packet's ends.</summary>
    public void RememberEnds(in FlowKey key)
    {
        _ends.Add(EndFilter.From(in key));
        _ends.Add(EndFilter.To(in key));
    }

    /// <summary>Whether the packet comes from an end that is remembered; may say yes without need, never no.</summary>
    public bool ComesFromEnd(in FlowKey key) => _ends.Contains(EndFilter.From(in key));

    /// <summary>Ends a lane, and its record, with a drop.</summary>
    public void Drop(ref Lane lane, DropReason reason, Stage stage)
    {
        lane.Status = LaneStatus.Done;
        lane.Drop = reason;
        if (lane.Role == LaneRole.Answer) return;

        ref RecordState record = ref _records[lane.Record];
        record.Flags |= lane.Marks;
        record.Verdict = Verdict.Dropped;
        record.Drop = reason;
        record.Stage = stage;
        record.Node = lane.Entry == Entry.None ? RecordState.NoNode : lane.Node;
    }

    public void Ignore(ref Lane lane, IgnoreReason reason)
    {
        lane.Status = LaneStatus.Done;
        ref RecordState record = ref _records[lane.Record];
        record.Flags |= lane.Marks;
        record.Verdict = Verdict.Ignored;
        record.Ignored = reason;
    }

    /// <summary>Ends a lane that has arrived; what was dropped of its record before stays dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle(ref Lane lane, Verdict verdict)
    {
        lane.Status = LaneStatus.Done;
        if (lane.Role == LaneRole.Answer) return;

        ref RecordState record = ref _records.Start[lane.Record];
        record.Flags |= lane.Marks;
        if (record.Verdict == Verdict.None) record.Verdict = verdict;
    }

    /// <summary>What waited is on its way again; false where nothing did.</summary>
    public bool TryBeginRound()
    {
        if (!HasWaiting) return false;

        HasWaiting = false;
        for (int lane = 0; lane < Count; lane++)
        {
            if (_lanes[lane].Status == LaneStatus.Waiting) _lanes[lane].Status = LaneStatus.Live;
        }

        return true;
    }

    /// <summary>What is still on its way goes in a circle between nodes, as no TTL lets it for ever.</summary>
    public void EndRounds()
    {
        for (int lane = 0; lane < Count && HasWaiting; lane++)
        {
            if (_lanes[lane].Status != LaneStatus.Done) Drop(ref _lanes[lane], DropReason.TtlExceeded, Stage.Transmit);
        }
    }

    public void Dispose()
    {
        _arena.Dispose();
        _lanes.Dispose();
        _records.Dispose();
    }
}

/// <summary>A capture record and its verdict.</summary>
public struct RecordState
{
    /// <summary>The node of a packet that got to none.</summary>
    public const ushort NoNode = ushort.MaxValue;

    /// <summary>Capture time, nanoseconds.</summary>
    public long Timestamp;

    public int OriginalLength;

    public ushort Node;

    public Verdict Verdict;

    public DropReason Drop;

    public IgnoreReason Ignored;

    public Stage Stage;

    public RecordFlags Flags;

    /// <summary>Where policies dropped it: which direction of which pod (endpoint).</summary>
    public PolicyDirection Direction;

    public int Judged;

    /// <summary>The rule that said so, or a constant of <see cref="PolicyVerdict"/>.</summary>
    public int Rule;
}

/// <summary>What happened to a record beside its verdict.</summary>
[Flags]
public enum RecordFlags : byte
{
    None = 0,

    /// <summary>A node sent an answer because of it.</summary>
    Answered = 1,
    Unlisted = 2,
    Reoriginated = 4,
    Guessed = 8,
    Translated = 16,
    Cut = 32,

    /// <summary>A fragment that waits for others; its verdict comes later.</summary>
    Held = 64,

    /// <summary>TCP over every MTU: captured in front of the segmentation that a network card does.</summary>
    SuperFrame = 128,
}
