using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Tests.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>What every style of enforcement must do, whatever its tables look like.</summary>
public abstract class PolicyEngineContract<TEngine>
    where TEngine : struct, IPolicyEngine
{
    public static TheoryData<string> Suites => [.. PolicySuites.Names];

    /// <summary>Cilium's pods and nodes have identities of their own, which no ipBlock covers.</summary>
    protected virtual bool IpBlocksMatchPodsAndNodes => true;

    /// <summary>
    /// Whether a verdict names the very rule that reading in order finds first; otherwise one that matches as well.
    /// </summary>
    protected virtual bool NamesTheFirstRule => true;

    private protected abstract (TEngine Engine, IDisposable Tables) Compile(PolicyLab lab);

    [Theory, MemberData(nameof(Suites))]
    public void Every_flow_of_the_suite_has_its_verdict(string suite)
    {
        SortedDictionary<string, int> differences = [];
        foreach (PolicyCase one in PolicySuites.Read(suite))
        {
            using var lab = new PolicyLab(one.Snapshot);
            (TEngine engine, IDisposable tables) = Compile(lab);
            using (tables)
            {
                int differing = one.Flows.Count(flow => lab.IsAllowed(in engine, flow.Flow) != flow.IsAllowed);
                if (differing > 0) differences.Add(one.Name, differing);
            }
        }

        Assert.Equal(
            KnownPolicyDifferences.Of(TEngine.Name, suite).Order(),
            differences.Select(difference => (difference.Key, difference.Value)).Order());
    }

    [Fact]
    public void A_hundred_thousand_random_flows_have_the_references_verdicts_and_a_rule_that_says_so()
    {
        const int Clusters = 2_000, FlowsOfEach = 50;
        int denied = 0, different = 0;
        for (int seed = 1; seed <= Clusters; seed++)
        {
            var random = new RandomPolicies(seed);
            using var lab = new PolicyLab(random.Snapshot);
            ClusterSnapshot withoutBlocks = BlocklessPolicies.Of(random.Snapshot);
            PolicyModel model = IpBlocksMatchPodsAndNodes ? lab.Model : PolicyModelCompiler.Compile(withoutBlocks);
            (TEngine engine, IDisposable tables) = Compile(lab);
            using (tables)
            {
                foreach (PolicyFlow flow in random.Flows(FlowsOfEach))
                {
                    foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
                    {
                        FlowEnd peer = direction == PolicyDirection.Ingress ? flow.Source : flow.Destination;
                        bool isBlockless = !IpBlocksMatchPodsAndNodes && lab.IsPodOrNode(peer.Address);
                        PolicyVerdict? verdict = lab.Judge(in engine, in flow, direction);
                        bool expected = Reference(isBlockless ? withoutBlocks : random.Snapshot, in flow, direction);
                        string what = $"seed {seed}: {direction} of {flow.In(random.Snapshot)}";
                        Assert.True(expected == (verdict?.IsAllowed ?? true),
                            $"{what} is {(expected ? "allowed" : "denied")} by the reference alone");
                        if (verdict is { } given)
                            AssertRule(isBlockless ? model : lab.Model, in flow, direction, given, what);
                        if (expected != Reference(random.Snapshot, in flow, direction)) different++;
                        if (!expected) denied++;
                    }
                }
            }
        }

        Assert.InRange(denied, Clusters * FlowsOfEach / 5, Clusters * FlowsOfEach);
        Assert.Equal(IpBlocksMatchPodsAndNodes, different == 0);
    }

    [Fact]
    public void What_a_pods_own_node_sends_it_is_never_judged_and_what_another_node_sends_is()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.DenyAll);
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            Assert.Equal(
                new PolicyVerdict(true, PolicyVerdict.NeverJudged),
                lab.Judge(
                    in engine, Tcp(PolicyLab.Address("192.168.56.1"), lab.Pod("web"), 80), PolicyDirection.Ingress));
            Assert.Equal(
                new PolicyVerdict(false, PolicyVerdict.DefaultDeny),
                lab.Judge(
                    in engine, Tcp(PolicyLab.Address("192.168.56.2"), lab.Pod("web"), 80), PolicyDirection.Ingress));
            Assert.Equal(
                new PolicyVerdict(false, PolicyVerdict.DefaultDeny),
                lab.Judge(
                    in engine, Tcp(lab.Pod("web"), PolicyLab.Address("192.168.56.1"), 80), PolicyDirection.Egress));
        }
    }

    [Fact]
    public void A_pod_reaches_itself_whatever_policies_say()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.DenyAll);
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
            {
                Assert.Equal(
                    new PolicyVerdict(true, PolicyVerdict.NeverJudged),
                    lab.Judge(in engine, Tcp(lab.Pod("web"), lab.Pod("web"), 80), direction));
            }
        }
    }

    [Theory]
    [InlineData("from: [{podSelector: {matchLabels: {app: db}}}]", true)]
    [InlineData("from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]", false)]
    [InlineData("ports: [{port: 80}]", false)]
    public void A_rule_without_ports_lets_echo_requests_pass_and_one_with_ports_does_not(string rule, bool isAllowed)
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.Ingress("web", rule));
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            var echo = new PolicyFlow(lab.Pod("db"), lab.Pod("web"), IpProtocol.Icmp, 80);
            PolicyVerdict? verdict = lab.Judge(in engine, in echo, PolicyDirection.Ingress);

            Assert.Equal(new PolicyVerdict(isAllowed, isAllowed ? 0 : PolicyVerdict.DefaultDeny), verdict);
        }
    }

    [Theory]
    [InlineData(79, false)]
    [InlineData(80, true)]
    [InlineData(83, true)]
    [InlineData(1000, true)]
    [InlineData(1003, true)]
    [InlineData(1004, false)]
    public void A_range_of_ports_is_allowed_from_its_first_to_its_last(int port, bool isAllowed)
    {
        using PolicyLab lab = PolicyLab.Of(
            Manifests.Shop + Manifests.Ingress("web", "ports: [{port: 80, endPort: 1003}]"));
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            Assert.Equal(isAllowed, lab.IsAllowed(in engine, Tcp(lab.Pod("db"), lab.Pod("web"), port)));
        }
    }

    [Fact]
    public void A_port_by_name_is_the_number_that_the_destination_gives_it()
    {
        using PolicyLab lab = PolicyLab.Of(
            Manifests.Shop + Manifests.Egress("web", "to: [{podSelector: {}}], ports: [{port: sql}]"));
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            Assert.True(lab.IsAllowed(in engine, Tcp(lab.Pod("web"), lab.Pod("db"), 5432)));
            Assert.False(lab.IsAllowed(in engine, Tcp(lab.Pod("web"), lab.Pod("db"), 3306)));
            Assert.True(lab.IsAllowed(in engine, Tcp(lab.Pod("web"), lab.Pod("mysql"), 3306)));
            Assert.False(lab.IsAllowed(in engine, Tcp(lab.Pod("web"), lab.Pod("mysql"), 5432)));
        }
    }

    [Fact]
    public void An_address_without_a_pod_object_is_judged_by_nobody_and_matched_by_its_address()
    {
        using PolicyLab lab = PolicyLab.Of(
            Manifests.Shop
            + Manifests.Ingress("web", "from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]"));
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            Assert.True(lab.IsAllowed(in engine, Tcp(PolicyLab.Address("203.0.113.7"), lab.Pod("web"), 80)));
            Assert.False(lab.IsAllowed(in engine, Tcp(PolicyLab.Address("203.0.113.200"), lab.Pod("web"), 80)));
            Assert.False(lab.IsAllowed(in engine, Tcp(PolicyLab.Address("198.51.100.1"), lab.Pod("web"), 80)));
        }
    }

    [Fact]
    public void A_judgement_allocates_nothing()
    {
        var random = new RandomPolicies(11);
        using var lab = new PolicyLab(random.Snapshot);
        (TEngine engine, IDisposable tables) = Compile(lab);
        using (tables)
        {
            FlowKey[] keys = [.. random.Flows(400).Select(flow => lab.KeyOf(in flow))];
            Ask(engine, keys, rounds: 20, lab.Network.Pods.Length);

            long least = long.MaxValue;
            for (int round = 0; round < 3; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                int allowed = Ask(engine, keys, rounds: 20, lab.Network.Pods.Length);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
                Assert.InRange(allowed, 1, 20 * 2 * keys.Length - 1);
            }

            Assert.Equal(0, least);
        }
    }

    private protected static PolicyFlow Tcp(FlowEnd source, FlowEnd destination, int port) =>
        new(source, destination, IpProtocol.Tcp, (ushort)port);

    private static int Ask(TEngine engine, FlowKey[] keys, int rounds, int endpoints)
    {
        int allowed = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int index = 0; index < keys.Length; index++)
            {
                PolicyQuery egress = new(in keys[index])
                {
                    Direction = PolicyDirection.Egress,
                    Endpoint = index % endpoints,
                    Peer = default,
                };
                PolicyQuery ingress = new(in keys[index])
                {
                    Direction = PolicyDirection.Ingress,
                    Endpoint = index % endpoints,
                    Peer = default,
                };
                if (engine.Judge(in egress).IsAllowed) allowed++;
                if (engine.Judge(in ingress).IsAllowed) allowed++;
            }
        }

        return allowed;
    }

    private static bool Reference(ClusterSnapshot snapshot, in PolicyFlow flow, PolicyDirection direction) =>
        direction == PolicyDirection.Egress
            ? PolicyReference.IsEgressAllowed(snapshot, flow)
            : PolicyReference.IsFromOwnNode(snapshot, flow) || PolicyReference.IsIngressAllowed(snapshot, flow);

    private void AssertRule(
        PolicyModel model, in PolicyFlow flow, PolicyDirection direction, PolicyVerdict verdict, string what)
    {
        if (verdict.Rule == PolicyVerdict.NeverJudged)
        {
            Assert.True(PolicyReference.IsFromOwnNode(model.Snapshot, flow), $"{what} must be judged");
            return;
        }

        PolicyQuestion question = ModelVerdicts.QuestionOf(model, flow, direction)!.Value;
        if (NamesTheFirstRule || verdict.Rule < 0)
        {
            PolicyVerdict expected = PolicyEvaluator.Judge(model, question);
            Assert.True(expected == verdict, $"{what}: {verdict}, and in order {expected}");
            return;
        }

        CompiledRule rule = model.Rules[verdict.Rule];
        Assert.True(PolicyEvaluator.Matches(model, rule, question), $"{what}: rule {verdict.Rule} does not match");
        Assert.Equal(verdict.IsAllowed, rule.Action == PolicyAction.Allow);
    }
}
