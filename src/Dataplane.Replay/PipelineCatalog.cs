using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>A pipeline whose engine and sink are settled.</summary>
public interface IPipeline
{
    /// <summary>Takes records from the front of the span; gives how many. One burst a call.</summary>
    int Process(ReadOnlySpan<CaptureRecord> records);

    /// <summary>Ends what waits for packets that no longer come.</summary>
    void Finish();
}

/// <summary>The one place that names engines and closes the stages' type parameters.</summary>
public static class PipelineCatalog
{
    /// <summary>Engines that <c>--proxy</c> takes.</summary>
    public static IReadOnlyList<string> Proxies { get; } = [EbpfEngine.Name];

    public static IPipeline Create(EbpfTables tables, PipelineState state, PacketBurst burst, FrameCollector? collector) =>
        collector is null
            ? new Closed<EbpfEngine, NullSink>(new EbpfEngine(tables), default, state, burst)
            : new Closed<EbpfEngine, CollectorSink>(new EbpfEngine(tables), new CollectorSink(collector), state, burst);

    private sealed class Closed<TEngine, TSink>(TEngine engine, TSink sink, PipelineState state, PacketBurst burst) : IPipeline
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
    {
        private readonly TEngine _engine = engine;
        private TSink _sink = sink;

        public int Process(ReadOnlySpan<CaptureRecord> records)
        {
            int taken = PacketPipeline.Process(burst, records, state, in _engine, ref _sink);
            burst.FirstRecord += taken;
            return taken;
        }

        public void Finish() => state.Reassembly.Finish(state.Counters);
    }
}
