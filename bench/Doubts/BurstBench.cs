using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What do bursts buy? The same packets through the whole pipeline, one at a time and up to 64 together.
/// </summary>
public class BurstBench : IDisposable
{
    private const int Packets = 1 << 14;

    private readonly BurstRig _rig = new(new SampleCluster(2, 0, 0).Compile("node-0", EbpfEngine.Name),
        SampleFrames.AcrossNodes(Packets, SampleFrames.Small));

    [Params(1, 8, 16, 32, 64)]
    public int AtOnce { get; set; }

    [Benchmark(Description = "The whole pipeline", OperationsPerInvoke = Packets)]
    public long Process() => _rig.Process(AtOnce);

    public void Dispose()
    {
        _rig.Dispose();
        GC.SuppressFinalize(this);
    }
}
