using System.Diagnostics;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.KubeProxy;

public class KubeProxyRulesTests
{
    private static readonly SourceLine Here = new("cluster.yaml", 1);

    [Fact]
    public void Jumps_stand_in_the_order_in_which_kube_proxy_has_prepended_them()
    {
        IptablesTable filter = Write(ClusterSnapshot.Empty).Find("filter")!;
        Assert.True(filter.TryFind("FORWARD", out IptablesChain? forward));

        Assert.Equal(
            ["KUBE-PROXY-FIREWALL", "KUBE-FORWARD", "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES"],
            forward.Rules.Select(rule => rule.Target));
    }

    [Fact]
    public void Beyond_1000_endpoints_their_rules_have_no_comments()
    {
        IptablesRuleset small = Write(Many(services: 100, endpoints: 10));
        IptablesRuleset large = Write(Many(services: 101, endpoints: 10));

        Assert.Equal((3000, 0), (CommentsOfEndpoints(small), CommentsOfEndpoints(large)));
    }

    [Fact]
    public void Without_affinity_one_of_three_endpoints_takes_three_draws_less_one()
    {
        IptablesTable nat = Write(Many(services: 1, endpoints: 3)).Find("nat")!;

        Assert.Equal(
            ["0.33333333349", "0.50000000000", null],
            nat.Chains.Single(chain => chain.Name.StartsWith(ChainName.Service, StringComparison.Ordinal)).Rules
                .Where(rule => rule.Target!.StartsWith(ChainName.Endpoint, StringComparison.Ordinal))
                .Select(rule => rule.Matches.SingleOrDefault(match => match.Name == "statistic")?.Options[1].Value));
    }

    [Fact]
    public void A_name_with_a_line_break_stays_on_its_line()
    {
        Service service = Clusters.Service("web\n-A INPUT -j DROP", "10.96.0.10");

        string rules = Write(Clusters.Of(service, Clusters.Slice(service.Name, ["10.0.0.1"]))).ToString();

        Assert.DoesNotContain("\n-A INPUT -j DROP", rules, StringComparison.Ordinal);
    }

    /// <summary>
    /// The bound for model and tables of 10,000 services with 10 endpoints is a
    /// second; the machine may be busy.
    /// </summary>
    [Fact]
    public void Ten_thousand_services_with_ten_endpoints_are_written_in_about_a_second()
    {
        ClusterSnapshot cluster = Many(services: 10_000, endpoints: 10);
        Write(cluster);
        TimeSpan best = TimeSpan.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long start = Stopwatch.GetTimestamp();
            Write(cluster);
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            if (taken < best) best = taken;
        }

        TestContext.Current.SendDiagnosticMessage($"10,000 x 10: {best.TotalMilliseconds:0} ms");
        Assert.True(best < TimeSpan.FromSeconds(5), $"took {best}");
    }

    private static IptablesRuleset Write(ClusterSnapshot cluster) => KubeProxyRules.Write(
        ServiceModel.Compile(cluster), new ProxyNode("a"),
        new KubeProxyOptions { ClusterCidrs = [IpPrefix.Parse("10.0.0.0/8")] });

    private static int CommentsOfEndpoints(IptablesRuleset rules) => rules.Find("nat")!.Chains
        .SelectMany(chain => chain.Rules)
        .Count(rule => rule.Matches.Any(match => match.Name == "comment")
            && (rule.Chain.StartsWith(ChainName.Endpoint, StringComparison.Ordinal)
                || rule.Target!.StartsWith(ChainName.Endpoint, StringComparison.Ordinal)));

    private static ClusterSnapshot Many(int services, int endpoints) => new()
    {
        Services = [.. Enumerable.Range(0, services).Select(index => new Service("shop", $"svc-{index}", Here)
        {
            ClusterIps = [IpAddress.FromV4(0x0A60_0000u + (uint)index)],
            Ports = [Clusters.Port("", 80)],
        })],
        EndpointSlices = [.. Enumerable.Range(0, services)
            .Select(index => new EndpointSlice("shop", $"svc-{index}-x", $"svc-{index}", Here)
            {
                Endpoints = [.. Enumerable.Range(0, endpoints).Select(one =>
                    new Endpoint([IpAddress.FromV4(0x0A80_0000u + (uint)((index * endpoints) + one))], Here)
                    {
                        NodeName = "a",
                    })],
                Ports = [new EndpointPort("", IpProtocol.Tcp, 8080)],
            })],
    };
}
