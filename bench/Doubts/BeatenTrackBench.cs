using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does the beaten track buy packets of connections that stand, against every stage on its own? A thousand
/// connections, whose entries the cache holds, and a hundred thousand, whose it does not.
/// </summary>
public class BeatenTrackBench : IDisposable
{
    private const int Packets = 1 << 17;

    private BurstRig? _rig;

    [Params(1 << 10, 1 << 17)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Open()
    {
        List<byte[]> flows = SampleFrames.AcrossNodes(Connections, SampleFrames.Small);
        List<byte[]> frames = [.. Enumerable.Range(0, Packets).Select(packet => flows[packet % flows.Count])];
        _rig = new BurstRig(new SampleCluster(2, 0, 0).Compile("node-0", EbpfEngine.Name), frames);
        _rig.Process();
        _rig.Process();
    }

    [Benchmark(Description = "Every stage", OperationsPerInvoke = Packets, Baseline = true)]
    public long EveryStage() => _rig!.ProcessEveryStage();

    [Benchmark(Description = "The beaten track", OperationsPerInvoke = Packets)]
    public long BeatenTrack() => _rig!.Process();

    public void Dispose()
    {
        _rig?.Dispose();
        GC.SuppressFinalize(this);
    }
}
