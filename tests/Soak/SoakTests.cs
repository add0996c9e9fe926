using Dataplane.Bench.Soak;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Pipeline;
using Xunit;

namespace Dataplane.Tests.Soak;

/// <summary>What <c>tools/soak.sh</c> runs for ten minutes, for three rounds.</summary>
[Collection(AllocationTests.Name)]
public class SoakTests
{
    [Fact]
    public void Rounds_over_all_captures_count_the_same_and_leave_nothing_open()
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("dataplane-soak-");
        try
        {
            List<SoakCase> cases = SoakCases.Of(
                Path.Combine(GoldenFolder.RepositoryRoot, "pcaps"), folder: null, scratch.FullName);
            using var log = new StringWriter();

            bool isClean = new SoakRun(cases, log).Run(TimeSpan.Zero, leastRounds: 3);

            Assert.True(isClean, log.ToString());
            Assert.Contains($"{cases.Count} cases, 3 rounds", log.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }
}
