using System.Diagnostics;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Policies.Acls;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>What grows with policies, and what does not, counted: rules that a walk looks at, entries, bytes.</summary>
public class PolicyScaleTests
{
    private const int Pods = 5_000;

    [Fact]
    public void Chains_grow_with_the_policies_of_a_pod()
    {
        using var few = new PolicyCluster(Pods, policies: 1_000);
        using var many = new PolicyCluster(Pods, policies: 10_000);

        // Ten policies select each pod, and a hundred.
        Assert.InRange(VisitedBy(many), 9 * VisitedBy(few), 11 * VisitedBy(few));
    }

    [Fact]
    public void The_styles_agree_on_a_cluster_of_5_000_pods_and_1_000_policies_compiled_in_seconds()
    {
        using var cluster = new PolicyCluster(Pods, policies: 1_000);
        long start = Stopwatch.GetTimestamp();
        using ChainPolicyTables chains = ChainPolicyTables.Compile(cluster.Model, cluster.Network, cluster.Topology);
        using AclPolicyTables acls = AclPolicyTables.Compile(cluster.Model, cluster.Network, cluster.Topology);
        using IdentityPolicyTables identities = IdentityPolicyTables.Compile(
            cluster.Model, cluster.Network, cluster.Topology);
        TimeSpan compiled = Stopwatch.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"compiled in {compiled}; {chains.Size}, {acls.Size}, {identities.Size} bytes");

        int allowed = 0;
        var draw = new Draw(3);
        for (int asked = 0; asked < 20_000; asked++)
        {
            int destination = (int)draw.Next(Pods);
            FlowKey key = KeyOf((int)draw.Next(Pods), destination, PolicyCluster.Port((int)draw.Next(1_000)));
            var query =
                new PolicyQuery(in key) { Direction = PolicyDirection.Ingress, Endpoint = destination, Peer = default };
            PolicyVerdict verdict = new ChainPolicyEngine(chains).Judge(in query);
            Assert.Equal(verdict, new AclPolicyEngine(acls).Judge(in query));
            Assert.Equal(verdict, new IdentityPolicyEngine(identities).Judge(in query));
            if (verdict.IsAllowed) allowed++;
        }

        Assert.InRange(allowed, 50, 5_000);
        Assert.InRange(compiled, TimeSpan.Zero, TimeSpan.FromSeconds(3 * 2 * 5));
    }

    private static double VisitedBy(PolicyCluster cluster)
    {
        const int Asked = 1_000;
        using ChainPolicyTables tables = ChainPolicyTables.Compile(cluster.Model, cluster.Network, cluster.Topology);
        var trace = default(ChainTraceCount);
        for (int pod = 0; pod < Asked; pod++)
        {
            FlowKey key = KeyOf(pod + 1, pod, port: 1);
            new ChainPolicyEngine(tables).Walk(
                new PolicyQuery(in key) { Direction = PolicyDirection.Ingress, Endpoint = pod, Peer = default },
                ref trace);
        }

        return (double)trace.VisitedCount / Asked;
    }

    private static FlowKey KeyOf(int source, int destination, ushort port) => new()
    {
        Source = PolicyCluster.PodAddress(source),
        Destination = PolicyCluster.PodAddress(destination),
        SourcePort = 40_000,
        DestinationPort = port,
        Protocol = IpProtocol.Tcp,
        Family = 4,
    };
}
