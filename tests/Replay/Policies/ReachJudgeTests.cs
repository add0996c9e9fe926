using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Tests.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>
/// reach judges classes of pods, not pods: that it loses nothing by it, others' tables and a plain evaluator say.
/// </summary>
public class ReachJudgeTests
{
    private const int Clusters = 400;
    private const int FlowsEach = 60;

    public static TheoryData<string> Suites => [.. PolicySuites.Names];

    [Theory, MemberData(nameof(Suites))]
    public void Reach_gives_the_reachability_that_the_suite_expects(string suite) =>
        Assert.Empty(PolicySuites.Read(suite)
            .SelectMany(one => Differences(one.Name, one.Snapshot, one.Flows)));

    [Fact]
    public void Reach_agrees_with_the_API_s_text_on_made_up_clusters()
    {
        List<string> differences = [];
        for (int seed = 0; seed < Clusters; seed++)
        {
            var cluster = new RandomPolicies(seed);
            IEnumerable<ExpectedFlow> flows = cluster.Flows(FlowsEach)
                .Where(flow =>
                    IsFirstAddress(cluster.Snapshot, flow.Source) && IsFirstAddress(cluster.Snapshot, flow.Destination))
                .Select(flow => new ExpectedFlow(flow, PolicyReference.IsAllowed(cluster.Snapshot, flow)));
            differences.AddRange(Differences($"seed {seed}", cluster.Snapshot, flows));
        }

        Assert.Empty(differences);
    }

    /// <summary>reach speaks of a pod by its first address.</summary>
    private static bool IsFirstAddress(ClusterSnapshot snapshot, FlowEnd end) =>
        end.Pod < 0 || snapshot.Pods[end.Pod].Addresses[0] == end.Address;

    /// <summary>A suite's completed Jobs are pods to it; here they have given their addresses back.</summary>
    private static bool IsAlive(ClusterSnapshot snapshot, FlowEnd end) =>
        end.Pod < 0 || !snapshot.Pods[end.Pod].IsTerminated;

    private static IEnumerable<string> Differences(
        string name, ClusterSnapshot snapshot, IEnumerable<ExpectedFlow> flows)
    {
        ExpectedFlow[] all = [.. flows.Where(expected =>
            IsAlive(snapshot, expected.Flow.Source) && IsAlive(snapshot, expected.Flow.Destination))];
        ImmutableArray<IpAddress> outside =
        [
            .. all.SelectMany(expected => new[] { expected.Flow.Source, expected.Flow.Destination })
                .Where(end => end.Pod < 0)
                .Select(end => end.Address)
                .Distinct(),
        ];
        ReachReport report = ReachRunner.Run(
            snapshot, new ReachOptions
            {
                Settings = ["policy.enforcer=calico"],
                External = outside,
                Ports = [new ReachPort(IpProtocol.Tcp, 80)],
            });
        foreach (ExpectedFlow expected in all)
        {
            PolicyFlow flow = expected.Flow;
            int from = PlaceOf(report, snapshot, flow.Source), to = PlaceOf(report, snapshot, flow.Destination);
            ReachVerdict verdict = report.Matrix.Judge.Judge(from, to, new ReachPort(flow.Protocol, flow.Port));
            if (verdict.IsAllowed != expected.IsAllowed)
                yield return $"{name}: {flow.In(snapshot)} is {verdict.ReasonText}";
        }
    }

    private static int PlaceOf(ReachReport report, ClusterSnapshot snapshot, FlowEnd end) =>
        end.Pod < 0 ? report.Ends.OfAddress(end.Address) : report.Ends.Find(snapshot.Pods[end.Pod].ToString());
}
