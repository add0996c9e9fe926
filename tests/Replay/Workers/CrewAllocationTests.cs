using Dataplane.Replay;
using Dataplane.Tests.Pipeline;
using Xunit;

namespace Dataplane.Tests.Replay.Workers;

/// <summary>Alone: the collector, at work for other tests, gives threads what they did not ask for.</summary>
[Collection(AllocationTests.Name)]
public sealed class CrewAllocationTests
{
    [Fact]
    public void Every_worker_allocates_nothing()
    {
        using var generated = new GeneratedRun();
        ReplayOptions options = generated.Options with { Loops = 20, Preload = true, Workers = 3 };

        Assert.Equal(0, ReplayRunner.Run(options, new Unwatched(), CancellationToken.None).AllocatedBytes);
    }
}
