using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

/// <summary>What a capture of several points costs is memory that is there from the start.</summary>
[Collection(AllocationTests.Name)]
public sealed class SightingAllocationTests
{
    private const int Passes = 40;

    [Fact]
    public void Knowing_packets_again_allocates_nothing_whatever_they_are()
    {
        using Emulation emulation = new SampleCluster(nodes: 2, services: 10, endpoints: 6, dualStack: true).Compile();
        emulation.State.Sightings = new Sightings(emulation.Topology);
        IPipeline pipeline = PipelineCatalog.Create(emulation, collector: null);
        List<FrameSet> kinds =
            [.. TrafficKinds.All.Select(kind => new FrameSet(kind.Frames, kind.LinkType, kind.Missing))];

        Run(pipeline, kinds);
        long allocated = AllocationTests.Measure(() => Run(pipeline, kinds));

        kinds.ForEach(kind => kind.Dispose());
        pipeline.Finish();
        RunCounters counters = emulation.State.Counters;
        Assert.Equal(0, allocated);
        Assert.Equal(counters.Records, Enum.GetValues<Verdict>().Sum(verdict => counters[verdict]));
    }

    private static void Run(IPipeline pipeline, List<FrameSet> kinds)
    {
        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (FrameSet kind in kinds)
            {
                ReadOnlySpan<CaptureRecord> records = kind.Records;
                while (!records.IsEmpty) records = records[pipeline.Process(records)..];
                kind.Advance();
            }
        }
    }
}
