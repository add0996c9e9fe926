using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Policies;

/// <summary>First the judge is judged: the reference evaluator gives what every suite expects.</summary>
public class PolicySuiteTests
{
    [Theory]
    [InlineData("netpol-e2e", 33)]
    [InlineData("netpol-analyzer", 34)]
    [InlineData("netpol-analyzer-raw", 57)]
    [InlineData("netpol-recipes", 15)]
    [InlineData("policy-assistant", 11)]
    public void The_reference_gives_the_reachability_that_every_case_of_the_suite_expects(string suite, int cases)
    {
        Assert.Equal(cases, PolicySuites.Read(suite).Count(one => one.Flows.Any()));
        List<string> differences = Differences(suite, PolicyReference.IsAllowed);
        Assert.True(
            differences.Count == 0, $"{differences.Count} flows differ:\n{string.Join('\n', differences.Take(20))}");
    }

    private delegate bool Judge(ClusterSnapshot snapshot, in PolicyFlow flow);

    private static List<string> Differences(string suite, Judge judge)
    {
        List<string> differences = [];
        foreach (PolicyCase one in PolicySuites.Read(suite))
        {
            foreach (ExpectedFlow expected in one.Flows)
            {
                if (judge(one.Snapshot, expected.Flow) == expected.IsAllowed) continue;

                differences.Add(
                    $"{one.Name}: "
                    + $"{expected.Flow.In(one.Snapshot)} should be {(expected.IsAllowed ? "allowed" : "denied")}");
            }
        }

        return differences;
    }
}
