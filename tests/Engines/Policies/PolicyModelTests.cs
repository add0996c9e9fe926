using Dataplane.Engines.Policies;
using Dataplane.Tests.Policies;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// The compiled model against the reference: other people's clusters, and 100,000 flows through made-up ones.
/// </summary>
public class PolicyModelTests
{
    public static TheoryData<string> Suites => [.. PolicySuites.Names];

    [Theory, MemberData(nameof(Suites))]
    public void The_model_says_what_the_reference_says_on_every_flow_of_the_suite(string suite)
    {
        foreach (PolicyCase one in PolicySuites.Read(suite))
        {
            PolicyModel model = PolicyModelCompiler.Compile(one.Snapshot);
            foreach (ExpectedFlow expected in one.Flows) AssertSame(model, expected.Flow, one.Name);
        }
    }

    [Fact]
    public void The_model_says_what_the_reference_says_on_100_000_random_flows()
    {
        const int Clusters = 2_000, FlowsOfEach = 50;
        int denied = 0;
        for (int seed = 1; seed <= Clusters; seed++)
        {
            var random = new RandomPolicies(seed);
            PolicyModel model = PolicyModelCompiler.Compile(random.Snapshot);
            foreach (PolicyFlow flow in random.Flows(FlowsOfEach))
                denied += AssertSame(model, flow, $"seed {seed}") ? 0 : 1;
        }

        Assert.InRange(denied, Clusters * FlowsOfEach / 5, Clusters * FlowsOfEach * 4 / 5);
    }

    private static bool AssertSame(PolicyModel model, in PolicyFlow flow, string where)
    {
        bool egress = PolicyReference.IsEgressAllowed(model.Snapshot, flow);
        bool ingress = PolicyReference.IsIngressAllowed(model.Snapshot, flow);
        if (egress != ModelVerdicts.IsEgressAllowed(model, flow))
            Assert.Fail(
                $"{where}: "
                + $"egress of {flow.In(model.Snapshot)} is {(egress ? "allowed" : "denied")} by the reference alone");
        if (ingress != ModelVerdicts.IsIngressAllowed(model, flow))
            Assert.Fail(
                $"{where}: "
                + $"ingress of {flow.In(model.Snapshot)} is {(ingress ? "allowed" : "denied")} by the reference alone");

        return egress && ingress;
    }
}
