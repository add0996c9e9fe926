using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Bench;

/// <summary>
/// A packet's whole way, nanoseconds each: parsed, tracked, routed, encapsulated, and for two nodes taken out again.
/// </summary>
[MemoryDiagnoser]
public class PipelineBench : IDisposable
{
    private const int Packets = 1 << 16;
    private const string Sender = "node-0";

    private readonly BurstRig _hot = Rig(SampleFrames.OneFlow(SampleFrames.Small), Sender);
    private readonly BurstRig _hotLarge = Rig(SampleFrames.OneFlow(SampleFrames.Large), Sender);
    private readonly BurstRig _many = Rig(SampleFrames.AcrossNodes(Packets, SampleFrames.Small), Sender);
    private readonly BurstRig _both = Rig(SampleFrames.AcrossNodes(Packets, SampleFrames.Small), node: null);

    [Benchmark(Description = "One flow, 60 bytes, the sending node alone",
        OperationsPerInvoke = Packets, Baseline = true)]
    public long Hot() => Repeat(_hot);

    [Benchmark(Description = "One flow, 1464 bytes, the sending node alone", OperationsPerInvoke = Packets)]
    public long HotLarge() => Repeat(_hotLarge);

    [Benchmark(Description = "65,536 flows, 60 bytes, the sending node alone", OperationsPerInvoke = Packets)]
    public long Many() => _many.Process();

    [Benchmark(Description = "65,536 flows, 60 bytes, through both nodes", OperationsPerInvoke = Packets)]
    public long Both() => _both.Process();

    public void Dispose()
    {
        _hot.Dispose();
        _hotLarge.Dispose();
        _many.Dispose();
        _both.Dispose();
        GC.SuppressFinalize(this);
    }

    private static BurstRig Rig(List<byte[]> frames, string? node) =>
        new(new SampleCluster(2, 0, 0).Compile(node, EbpfEngine.Name), frames);

    private static long Repeat(BurstRig rig)
    {
        long records = 0;
        for (int done = 0; done < Packets; done += rig.Frames.Records.Length) records = rig.Process();
        return records;
    }
}
