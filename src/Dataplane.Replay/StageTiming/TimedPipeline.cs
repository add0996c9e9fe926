using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Pacing;
using Dataplane.Wire;

namespace Dataplane.Replay.StageTiming;

/// <summary>A pipeline that can be asked where its time goes.</summary>
internal interface ITimeable
{
    /// <summary>The same pipeline, in which some bursts are watched.</summary>
    IPipeline With(StageTimes times);
}

/// <summary>
/// The pipeline of a replay with a clock behind each stage of one burst in <see cref="StageTimes.Every"/>.
/// </summary>
internal sealed class TimedPipeline<TEngine, TSink>(
    TEngine engine, TSink sink, PipelineState state, PacketBurst burst, StageTimes times) : IPipeline
    where TEngine : struct, IServiceEngine
    where TSink : struct, IFrameSink
{
    private readonly TEngine _engine = engine;
    private TSink _sink = sink;
    private StageWatch _watch = new(times);
    private int _unwatched = StageTimes.Every;

    public int Process(ReadOnlySpan<CaptureRecord> records)
    {
        int taken = --_unwatched > 0
            ? PacketPipeline.Process(burst, records, state, in _engine, ref _sink)
            : Watch(records);
        burst.FirstRecord += taken;
        return taken;
    }

    public void Finish() => state.Reassembly.Finish(state.Counters);

    private int Watch(ReadOnlySpan<CaptureRecord> records)
    {
        _unwatched = StageTimes.Every;
        times.Begin(default(MonotonicClock).Now);
        int taken = PacketPipeline.Process(burst, records, state, in _engine, ref _sink, ref _watch);
        times.End(default(MonotonicClock).Now, taken);
        return taken;
    }
}

/// <summary>Reads the clock behind each stage.</summary>
internal readonly struct StageWatch(StageTimes times) : IStageWatch
{
    public static bool SeesEveryStage => false;

    public void After(Stage stage, PacketBurst burst) => times.After(stage, default(MonotonicClock).Now);
}
