using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Policies;

/// <summary>First the judge is judged: the reference evaluator gives what every suite expects.</summary>
public class PolicySuiteTests
{
    public static TheoryData<string> Suites => [.. PolicySuites.Names];

    [Theory, MemberData(nameof(Suites))]
    public void The_reference_gives_the_reachability_that_the_suite_expects(string suite) =>
        Assert.Equal("", string.Join('\n', Differences(suite, PolicyReference.IsAllowed)));

    private delegate bool Judge(ClusterSnapshot snapshot, in PolicyFlow flow);

    private static List<string> Differences(string suite, Judge judge)
    {
        List<string> differences = [];
        foreach (PolicyCase one in PolicySuites.Read(suite))
        {
            foreach (ExpectedFlow expected in one.Flows)
            {
                if (judge(one.Snapshot, expected.Flow) == expected.IsAllowed) continue;

                differences.Add($"{one.Name}: {expected.Flow.In(one.Snapshot)} should be {(expected.IsAllowed ? "allowed" : "denied")}");
            }
        }

        return differences;
    }
}
