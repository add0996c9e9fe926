using Dataplane.Cluster.Manifests;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Replay.Tracing;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.EgressCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// OpenShift SDN's multitenant mode: pods of different NetIDs do not reach each other, and NetID 0 reaches all.
/// </summary>
public sealed class ProjectTests
{
    private const string Multitenant = "openshift-sdn.mode=multitenant";
    private const string Service = """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: vault, namespace: bank}
        spec: {type: ClusterIP, clusterIP: 172.30.0.10, ports: [{port: 80, targetPort: 8080}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: vault-1, namespace: bank, labels: {kubernetes.io/service-name: vault}}
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: [10.129.0.20]}]

        """;

    [Theory]
    [InlineData("shop/web", "shop/near", "forwarded")]
    [InlineData("shop/web", "default/router", "forwarded")]
    [InlineData("default/router", "shop/web", "forwarded")]
    [InlineData("node/n1", "bank/vault", "forwarded")]
    [InlineData("shop/web", "bank/vault", "dropped")]
    [InlineData("bank/vault", "shop/web", "dropped")]
    [InlineData("bank/vault", "shop/near", "dropped")]
    public void Pods_reach_their_own_network_and_the_global_one(string from, string to, string verdict) => Assert.Equal(
        verdict, Trace(OpenShift, from.StartsWith("node", StringComparison.Ordinal) ? "192.168.56.11" : from,
            to, 80, Multitenant).Verdict);

    [Fact]
    public void A_drop_names_both_NetNamespaces_and_their_lines()
    {
        TraceReport report = Trace(OpenShift, "shop/web", "bank/vault", 80, Multitenant);

        Assert.Equal(("other-network", "police", "n2"), (report.Reason, report.Stage, report.Node));
        Assert.Contains(
            "NetNamespace bank (NetID 7777, egress.yaml:33) and NetNamespace shop (NetID 4242, "
            + "egress.yaml:26) are kept apart",
            report.Sentence, StringComparison.Ordinal);
        Assert.Equal(4242u, Assert.Single(report.Wire).TunnelId);
    }

    [Fact]
    public void A_Service_of_another_network_is_refused_where_the_client_is()
    {
        TraceReport report = Trace(OpenShift + Service, "shop/web", "svc/bank/vault", 80, Multitenant);

        Assert.Equal(("other-network", "n1"), (report.Reason, report.Node));
        Assert.Empty(report.Wire);
    }

    [Fact]
    public void Other_modes_keep_nobody_apart()
    {
        Assert.Equal("forwarded", Trace(OpenShift, "shop/web", "bank/vault").Verdict);
        Assert.Equal("forwarded", Trace(OpenShift, "shop/web", "bank/vault", 80, "openshift-sdn.mode=subnet").Verdict);
    }

    [Fact]
    public void NetworkPolicies_have_no_effect_in_it()
    {
        const string Closed = """
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: closed, namespace: shop}
            spec: {podSelector: {}, policyTypes: [Ingress]}

            """;
        TraceReport report = Trace(OpenShift + Closed, "shop/web", "shop/near", 80, Multitenant);

        Assert.Equal("forwarded", report.Verdict);
        Assert.Contains(
            "openshift-sdn's multitenant mode keeps pods of different NetIDs apart; "
            + "NetworkPolicies have no effect in it", report.Notes);
    }

    [Fact]
    public void Replies_come_back_as_the_first_packet_went()
    {
        using Scenario scenario = Scenario.GivenCni("openshift-sdn", OpenShift, Multitenant)
            .Send(Eth("0a:58:0a:80:00:0a", "0a:58:0a:81:00:1e")
                .Ipv4("10.128.0.10", "10.129.0.30").Tcp(40000, 80, TcpFlags.Syn)).ExpectForwarded()
            .Send(Eth("0a:58:0a:81:00:1e", "0a:58:0a:80:00:0a").Ipv4("10.129.0.30", "10.128.0.10")
                .Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack)).ExpectForwarded();
    }

    [Theory]
    [InlineData("shop/near", true)]
    [InlineData("bank/vault", false)]
    [InlineData("default/router", true)]
    public void Reach_says_the_same(string to, bool allowed)
    {
        ReachReport report = ReachRunner.Run(
            ManifestReader.ReadText(OpenShift, "egress.yaml"),
            new ReachOptions
            {
                Settings = [Multitenant],
                Ports = [new ReachPort(IpProtocol.Tcp, 80)],
                From = "shop/web",
                To = to,
            });

        ReachVerdict verdict = report.Matrix.Judge[report.Matrix.VerdictOf(
            report.Matrix.Sources[0], report.Matrix.Columns[0])];
        Assert.Equal(allowed, verdict.IsAllowed);
    }
}
