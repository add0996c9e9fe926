using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;

namespace Dataplane.Bench;

/// <summary>Stages alone, on bursts that are made ready for them; nanoseconds a packet.</summary>
[MemoryDiagnoser]
public unsafe class StageBench : IDisposable
{
    private readonly BurstRig _small = Rig(SampleFrames.AcrossNodes(PacketBurst.MaxRecords, SampleFrames.Small));
    private readonly BurstRig _large = Rig(SampleFrames.AcrossNodes(PacketBurst.MaxRecords, SampleFrames.Large));
    private readonly BurstRig _routed = Rig(SampleFrames.AcrossNodes(PacketBurst.MaxRecords, SampleFrames.Small));
    private readonly BurstRig _tunnelled = Rig(SampleFrames.Tunnelled(SampleFrames.Small));
    private readonly Lane[] _lanes = new Lane[PacketBurst.MaxRecords];
    private readonly Lane[] _arrived = new Lane[PacketBurst.MaxRecords];

    [GlobalSetup]
    public void Prepare()
    {
        _routed.Route();
        Save(_routed, _lanes);
        _tunnelled.Parse();
        _tunnelled.Admit();
        Save(_tunnelled, _arrived);
    }

    [Benchmark(Description = "Parse a frame of 60 bytes", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void ParseSmall() => _small.Parse();

    [Benchmark(Description = "Parse a frame of 1464 bytes", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void ParseLarge() => _large.Parse();

    [Benchmark(Description = "Encapsulate", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void Encapsulate()
    {
        Restore(_routed, _lanes);
        EncapStage.Run(_routed.Burst, _routed.State, ref _routed.Sink);
    }

    [Benchmark(Description = "Decapsulate", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void Decapsulate()
    {
        Restore(_tunnelled, _arrived);
        DecapStage.Run(_tunnelled.Burst, _tunnelled.State, ref _tunnelled.Sink);
    }

    [Benchmark(Description = "Put a burst's lanes back (a part of the two above)",
        OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void PutBack() => Restore(_routed, _lanes);

    public void Dispose()
    {
        _small.Dispose();
        _large.Dispose();
        _routed.Dispose();
        _tunnelled.Dispose();
        GC.SuppressFinalize(this);
    }

    private static BurstRig Rig(List<byte[]> frames) =>
        new(new SampleCluster(2, 0, 0).Compile(proxy: EbpfEngine.Name), frames);

    private static void Save(BurstRig rig, Lane[] lanes) =>
        new ReadOnlySpan<Lane>(rig.Burst.Lanes, lanes.Length).CopyTo(lanes);

    private static void Restore(BurstRig rig, Lane[] lanes) =>
        lanes.CopyTo(new Span<Lane>(rig.Burst.Lanes, lanes.Length));
}
