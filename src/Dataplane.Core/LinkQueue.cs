namespace Dataplane.Core;

/// <summary>
/// One interface on capture time: frames are sent one by one, first come first served, at the link's rate; those that
/// wait stand in a queue, and where it is full, the one that comes last is dropped (net/sched/sch_fifo.c,
/// pfifo_enqueue). What passed another link on its way may come later than what is handed over after it: it is
/// remembered who is sent when, and a frame of an earlier time goes where the link is idle.
/// </summary>
public sealed unsafe class LinkQueue : IDisposable
{
    /// <summary>Preamble 8, frame check sequence 4, gap between frames 12 (IEEE 802.3 §4.4.2).</summary>
    public const int WireOverhead = 24;

    /// <summary>Shorter ones are padded, the frame check sequence aside.</summary>
    public const int ShortestFrame = 60;

    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int BitsPerByte = 8;
    private const int LeastMemory = 1024;
    private const int FirstDepths = 64;

    /// <summary>Farther back no queue reaches: time has begun anew.</summary>
    private const long LongestQueueBytes = 9000;
    private const long Minute = 60 * NanosecondsPerSecond;

    private readonly LinkParameters _parameters;
    private readonly NativeArray<Transmission> _sent;
    private readonly NativeArray<long> _depths = new(FirstDepths);
    private readonly double _horizon;
    private int _count;
    private long _latestArrival = long.MinValue;

    /// <summary>What the busy time so far is more than whole nanoseconds, times the rate: no error adds up.</summary>
    private long _remainder;

    public LinkQueue(LinkParameters parameters)
    {
        _parameters = parameters;
        _sent = new NativeArray<Transmission>(Math.Max(LeastMemory, 2L * (parameters.QueueLimit + 2)));
        if (parameters.BitsPerSecond == 0) return;

        _horizon = Minute + ((double)NanosecondsPerSecond * BitsPerByte * LongestQueueBytes * parameters.QueueLimit
            / parameters.BitsPerSecond);
    }

    public long Frames { get; private set; }

    /// <summary>On the wire: padding, preamble and gap counted.</summary>
    public long WireBytes { get; private set; }

    /// <summary>Of the IP packets that pods and nodes sent, without what tunnels put around them.</summary>
    public long InnerBytes { get; private set; }

    public long Dropped { get; private set; }

    /// <summary>Nanoseconds in which the link was sending.</summary>
    public long BusyTime { get; private set; }

    public long FirstArrival { get; private set; } = long.MaxValue;

    public long LastDeparture { get; private set; } = long.MinValue;

    /// <summary>By the number of frames that a frame found waiting: how many found so many.</summary>
    public ReadOnlySpan<long> Depths => new(_depths.Start, (int)_depths.Length);

    /// <summary>Sends a frame, or a packet in several; false: the queue is full.</summary>
    /// <param name="arrival">When it is handed to the interface.</param>
    /// <param name="size">Bytes of its frames, without padding.</param>
    /// <param name="frames">How many they are.</param>
    /// <param name="inner">Bytes of the IP packet inside.</param>
    /// <param name="departure">When its last bit has left.</param>
    public bool TrySend(long arrival, int size, int frames, int inner, out long departure)
    {
        long bytes = Math.Max(size, (long)ShortestFrame * frames) + ((long)WireOverhead * frames);
        departure = arrival;
        if (_parameters.BitsPerSecond != 0 && !TrySchedule(arrival, bytes * BitsPerByte, out departure))
        {
            Dropped++;
            return false;
        }

        Frames += frames;
        WireBytes += bytes;
        InnerBytes += inner;
        FirstArrival = Math.Min(FirstArrival, arrival);
        LastDeparture = Math.Max(LastDeparture, departure);
        return true;
    }

    public void Dispose()
    {
        _sent.Dispose();
        _depths.Dispose();
    }

    private bool TrySchedule(long arrival, long bits, out long departure)
    {
        if (_count > 0 && _latestArrival - arrival > _horizon) _count = 0;
        if (_count > 0 && arrival < _latestArrival) return TryFit(arrival, bits, out departure);

        _latestArrival = arrival;
        int waiting = _count - FirstBehind(arrival);
        Count(waiting);
        long free = _count == 0 ? long.MinValue : _sent[_count - 1].End;
        departure = arrival;
        if (free > arrival && waiting >= _parameters.QueueLimit) return false;

        long start = Math.Max(arrival, free);
        if (start > free) _remainder = 0;
        Int128 time = ((Int128)bits * NanosecondsPerSecond) + _remainder;
        _remainder = (long)(time % _parameters.BitsPerSecond);
        departure = start + (long)(time / _parameters.BitsPerSecond);
        Insert(_count, arrival, start, departure);
        return true;
    }

    // Out of turn: in front of what is handed over already, where the link has nothing to do for long enough.
    private bool TryFit(long arrival, long bits, out long departure)
    {
        long time = (long)((Int128)bits * NanosecondsPerSecond / _parameters.BitsPerSecond);
        int waiting = 0;
        for (int index = FirstBehind(arrival); index < _count; index++)
        {
            if (_sent[index].Arrival <= arrival) waiting++;
        }

        Count(waiting);
        int place = FirstBehind(arrival);
        long start = place > 0 ? Math.Max(arrival, _sent[place - 1].End) : arrival;
        while (place < _count && start + time > _sent[place].Start) start = Math.Max(start, _sent[place++].End);
        departure = arrival;
        if (start > arrival && waiting >= _parameters.QueueLimit) return false;

        departure = start + time;
        if (place == _count) _remainder = 0;
        Insert(place, arrival, start, departure);
        return true;
    }

    /// <summary>The first that begins later: all from there on wait.</summary>
    private int FirstBehind(long time)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sent[middle].Start <= time) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Insert(int place, long arrival, long start, long end)
    {
        if (_count == _sent.Length) place = Math.Max(0, place - Forget());
        Transmission* at = _sent.Start + place;
        new Span<Transmission>(at, _count - place).CopyTo(new Span<Transmission>(at + 1, _count - place));
        *at = new Transmission { Arrival = arrival, Start = start, End = end };
        _count++;
        BusyTime += end - start;
    }

    /// <summary>Half of what is remembered is more than can wait.</summary>
    private int Forget()
    {
        int gone = _count / 2;
        _count -= gone;
        new Span<Transmission>(_sent.Start + gone, _count).CopyTo(new Span<Transmission>(_sent.Start, _count));
        return gone;
    }

    private void Count(int waiting)
    {
        while (waiting >= _depths.Length) _depths.Resize(2 * _depths.Length);
        _depths[waiting]++;
    }

    private struct Transmission
    {
        public long Arrival;
        public long Start;
        public long End;
    }
}
