using System.Runtime.ExceptionServices;
using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Replay.Pacing;
using Dataplane.Wire;
using Microsoft.Extensions.ObjectPool;

namespace Dataplane.Replay.Workers;

/// <summary>
/// Several threads at one capture. Each takes the next burst and goes with it through four places: parse, decide,
/// write, emit. At all but <c>write</c> bursts pass one by one in capture order, so that everything that packets share
/// changes in that order, and output and counts are the same for any number of workers. A burst that has more to decide
/// than its connections know is completed while no other is being decided, written or emitted.
/// </summary>
internal sealed class Crew
{
    private readonly IBurstPipeline _pipeline;
    private readonly CaptureFeed _feed;
    private readonly RunMeter _meter;
    private readonly ObjectPool<PacketBurst> _bursts;
    private readonly Thread[] _others;
    private CancellationToken _cancellation;
    private int _isTaking;
    private int _left;
    private long _arrived;
    private Turn _decide;
    private Turn _emit;
    private CrewTimes _times;
    private long _next;
    private long _records;
    private bool _hasEnded;
    private bool _isStopped;
    private ExceptionDispatchInfo? _failure;

    /// <param name="workers">Threads, the caller's among them.</param>
    /// <param name="pipeline">What they do.</param>
    /// <param name="feed">Where records come from.</param>
    /// <param name="meter">Counts what they did.</param>
    /// <param name="bursts">Memory for each.</param>
    public Crew(int workers, IBurstPipeline pipeline, CaptureFeed feed, RunMeter meter, ObjectPool<PacketBurst> bursts)
    {
        _pipeline = pipeline;
        _feed = feed;
        _meter = meter;
        _bursts = bursts;
        _others = new Thread[workers - 1];
    }

    public WorkerShares? Shares => _times.Shares();

    /// <summary>One loop; what one of the threads throws is thrown here, when all have ended.</summary>
    public void Run(CancellationToken cancellation)
    {
        _cancellation = cancellation;
        _hasEnded = false;
        _meter.BeginBatch(Now);
        for (int other = 0; other < _others.Length; other++)
        {
            _others[other] = new Thread(Work) { IsBackground = true, Name = $"worker {other + 2}" };
            _others[other].Start();
        }

        Work();
        foreach (Thread other in _others) other.Join();
        _failure?.Throw();
    }

    private void Work()
    {
        PacketBurst burst = _bursts.Get();
        try
        {
            while (TryTake(burst, out Ticket ticket) && TryFinish(burst, in ticket)) ;
        }
        catch (Exception error)
        {
            Fail(error);
            Volatile.Write(ref _isStopped, true);
        }
        finally
        {
            _bursts.Return(burst);
        }
    }

    private bool TryTake(PacketBurst burst, out Ticket ticket)
    {
        for (int round = 0; Interlocked.Exchange(ref _isTaking, 1) != 0; round++) Turn.Pass(round);
        try
        {
            ticket = default;
            return !_hasEnded && !Volatile.Read(ref _isStopped) && TryRead() && TryTakeNext(burst, out ticket);
        }
        finally
        {
            Volatile.Write(ref _isTaking, 0);
        }
    }

    // Records before one that cannot be read are good: they are finished by who has them.
    private bool TryRead()
    {
        if (_left > 0) return true;

        try
        {
            if (_next > 0) _feed.Report();
            _arrived = Now;
            _hasEnded = !_feed.Read(_cancellation);
            _left = _feed.Batch.Length;
            return !_hasEnded;
        }
        catch (Exception error)
        {
            _hasEnded = true;
            Fail(error);
            return false;
        }
    }

    // The first one is the run's, and is thrown there.
    private void Fail(Exception error) =>
        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(error), null);

    private bool TryTakeNext(PacketBurst burst, out Ticket ticket)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        bool isTimed = _next % CrewTimes.Every == 0;
        long began = isTimed ? Now : 0;
        burst.FirstRecord = _records;
        int taken = _pipeline.Take(burst, _feed.Batch[^_left..]);
        _left -= taken;
        _records += taken;
        ticket = new Ticket(_next++, _arrived, taken, isTimed, isTimed ? Now - began : 0, allocated);
        return true;
    }

    private bool TryFinish(PacketBurst burst, ref readonly Ticket ticket)
    {
        var times = new CrewTimes { Parse = ticket.Parsing };
        long began = ticket.IsTimed ? Now : 0;
        if (!_decide.Await(ticket.Number, in _isStopped)) return false;

        long deciding = ticket.IsTimed ? Now : 0;
        bool isDecided = _pipeline.Decide(burst);
        if (!isDecided)
        {
            long alone = ticket.IsTimed ? Now : 0;
            if (!_emit.Await(ticket.Number, in _isStopped)) return false;

            if (ticket.IsTimed) times.Waited += Now - alone;
            _pipeline.Complete(burst);
        }

        long decided = ticket.IsTimed ? Now : 0;
        times.Decide = decided - deciding - times.Waited;
        times.Waited += deciding - began;
        _decide.End();
        if (isDecided) _pipeline.Write(burst);
        long written = ticket.IsTimed ? Now : 0;
        times.Write = written - decided;
        if (!_emit.Await(ticket.Number, in _isStopped)) return false;

        long emitting = ticket.IsTimed ? Now : 0;
        times.Waited += emitting - written;
        if (isDecided) _pipeline.Transmit(burst);
        _pipeline.Emit(burst);
        long now = Now;
        times.Emit = ticket.IsTimed ? now - emitting : 0;
        _meter.EndBurst(now, ticket.Arrived, ticket.Records);
        _meter.AddAllocated(GC.GetAllocatedBytesForCurrentThread() - ticket.AllocatedBefore);
        if (ticket.IsTimed) _times.Add(in times);
        _emit.End();
        return true;
    }

    private static long Now => default(MonotonicClock).Now;

    /// <summary>A burst's place in the order, and what is known of it from the start.</summary>
    private readonly record struct Ticket(
        long Number, long Arrived, int Records, bool IsTimed, long Parsing, long AllocatedBefore);
}
