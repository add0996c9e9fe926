using Dataplane.Core;
using Dataplane.Engines.Explanation;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>
/// The pipeline of a replay, with a recorder behind each stage, at each observation point and at each look-up.
/// </summary>
internal sealed class TracedPipeline<TEngine>(
    TEngine engine, PipelineState state, PacketBurst burst, TraceRecorder recorder) : IPipeline
    where TEngine : struct, IExplainingEngine
{
    private readonly TracedEngine<TEngine> _engine = new(engine, recorder);
    private TraceSink _sink = new(recorder);
    private TraceWatch _watch = new(recorder, state);

    public int Process(ReadOnlySpan<CaptureRecord> records)
    {
        int taken = PacketPipeline.Process(burst, records, state, in _engine, ref _sink, ref _watch);
        burst.FirstRecord += taken;
        return taken;
    }

    public void Finish() => state.Reassembly.Finish(state.Counters);
}

/// <summary>Asks the engine to explain itself while somebody listens.</summary>
internal readonly struct TracedEngine<TEngine>(TEngine engine, TraceRecorder recorder) : IServiceEngine
    where TEngine : struct, IExplainingEngine
{
    public static string Name => TEngine.Name;

    public static bool FollowsConnections => TEngine.FollowsConnections;

    public bool TranslatesAnything => engine.TranslatesAnything;

    public void Prefetch(in FlowKey key) => engine.Prefetch(in key);

    public uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw) =>
        engine.Foresee(in key, in state, ref draw);

    public uint AddressOf(uint backend) => engine.AddressOf(backend);

    public ServiceVerdict Lookup(in ServiceQuery query, in ServiceState state, ref Draw draw)
    {
        if (!recorder.IsOn) return engine.Lookup(in query, in state, ref draw);

        List<LookupStep> steps = [];
        ServiceVerdict verdict = engine.Explain(in query, in state, ref draw, steps);
        recorder.Looked(query.Key.Zone, steps, in verdict);
        return verdict;
    }

    public void Commit(in ServiceQuery query, in ServiceVerdict verdict, in ServiceState state) =>
        engine.Commit(in query, in verdict, in state);

    public void Follow(in ServiceQuery query, bool isReply, in ServiceState state) =>
        engine.Follow(in query, isReply, in state);
}

/// <summary>Frames on the wire and at pods.</summary>
internal readonly struct TraceSink(TraceRecorder recorder) : IFrameSink
{
    public bool Observes(ObservationPoint point) => recorder.IsOn && point is ObservationPoint.Wire;

    public unsafe void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length) =>
        recorder.Took(place, new ReadOnlySpan<byte>(frame, length));

    public void EndBurst(PacketBurst burst)
    {
    }
}

/// <summary>Lanes behind each stage.</summary>
internal readonly struct TraceWatch(TraceRecorder recorder, PipelineState state) : IStageWatch
{
    public static bool SeesEveryStage => true;

    public void After(Stage stage, PacketBurst burst)
    {
        if (recorder.IsOn) recorder.After(stage, burst, state);
    }
}
