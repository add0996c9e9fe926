using Dataplane.Cli;
using Dataplane.Cli.Policies;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;
using Dataplane.Replay.Policies.Changes;
using Dataplane.Tests.Capture;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.EgressCluster;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>
/// A changed EgressFirewall, EgressNetworkPolicy, ipBlock or NetID is a changed verdict, with the line that decides now
/// and the one that decided before: for pairs, and for what a capture holds.
/// </summary>
public sealed class OutsideChangesTests
{
    private const string Nothing = "nothing changes\n";
    private const string Multitenant = "openshift-sdn.mode=multitenant";

    private const string Firewall = """
        apiVersion: k8s.ovn.org/v1
        kind: EgressFirewall
        metadata: {name: default, namespace: shop}
        spec:
          egress:
            - {type: Allow, to: {cidrSelector: 198.51.100.7/32}, ports: [{protocol: TCP, port: 443}]}
            - {type: Deny, to: {cidrSelector: 198.51.100.0/24}}

        """;

    private const string EgressPolicy = """
        apiVersion: network.openshift.io/v1
        kind: EgressNetworkPolicy
        metadata: {name: out, namespace: bank}
        spec:
          egress:
            - {type: Allow, to: {cidrSelector: 198.51.100.0/24}}
            - {type: Deny, to: {cidrSelector: 0.0.0.0/0}}

        """;

    private const string Block = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: out, namespace: shop}
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress:
            - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]

        """;

    [Fact]
    public void A_port_that_an_EgressFirewall_allows_no_longer_is_told_with_both_rules() => Assert.Equal(
        """
        - 3 pods like shop/web -> 198.51.100.7 443/tcp: denied by EgressFirewall shop/default egress[1] (new.yaml:7); before, allowed by EgressFirewall shop/default egress[0] (old.yaml:6)
        + 3 pods like shop/web -> 198.51.100.7 8443/tcp: allowed by EgressFirewall shop/default egress[0] (new.yaml:6); before, denied by EgressFirewall shop/default egress[1] (old.yaml:7)

        3 pairs can talk that could not (+), 3 cannot that could (-)

        """,
        Text(Ovn, Firewall, Firewall.Replace("port: 443", "port: 8443", StringComparison.Ordinal)));

    [Fact]
    public void A_new_EgressNetworkPolicy_closes_what_is_outside_and_nothing_inside() => Assert.Equal(
        """
        - bank/vault -> the rest of 0.0.0.0/0 any port: denied by EgressNetworkPolicy bank/out egress[1] (new.yaml:7)

        0 pairs can talk that could not (+), 1 cannot that could (-)

        """,
        Text(OpenShift, "", EgressPolicy));

    [Fact]
    public void What_an_EgressNetworkPolicy_has_to_say_is_the_same_where_networks_are_kept_apart() =>
        Assert.StartsWith("- bank/vault -> the rest of 0.0.0.0/0 any port: denied by EgressNetworkPolicy",
            Text(OpenShift, "", EgressPolicy, Multitenant), StringComparison.Ordinal);

    [Fact]
    public void An_EgressNetworkPolicy_that_is_gone_is_named_with_its_old_line() => Assert.StartsWith(
        "+ bank/vault -> the rest of 0.0.0.0/0 any port: "
        + "no longer denied by EgressNetworkPolicy bank/out egress[1] (old.yaml:7)\n",
        Text(OpenShift, EgressPolicy, ""), StringComparison.Ordinal);

    [Fact]
    public void Where_nobody_enforces_it_nothing_changes() =>
        Assert.Equal(Nothing, Text(OpenShift, "", EgressPolicy, "openshift-sdn.mode=subnet"));

    [Fact]
    public void An_ipBlock_is_asked_about_outside_of_the_cluster_alone_and_its_exception_apart()
    {
        string text = Text(Ovn, Block, Block.Replace("10.9.0.0/16", "10.8.0.0/16", StringComparison.Ordinal));

        Assert.Contains(
            "- 3 pods like shop/web -> 10.8.0.0/16 any port: default deny of egress: shop/out isolates the source",
            text, StringComparison.Ordinal);
        Assert.Contains("+ 3 pods like shop/web -> 10.9.0.0/16 any port: allowed by shop/out egress[0] (new.yaml:8)",
            text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(line => line.Contains(" -> ", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_ipBlock_of_ingress_is_asked_about_as_a_sender()
    {
        const string In = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: in, namespace: shop}
            spec:
              podSelector: {matchLabels: {app: web}}
              ingress:
                - from: [{ipBlock: {cidr: 203.0.113.0/24}}]

            """;
        string text = Text(
            Ovn, In, In.Replace("203.0.113.0/24", "203.0.113.0/25", StringComparison.Ordinal), ports: "80");

        Assert.StartsWith(
            "- the rest of 203.0.113.0/24 -> 2 pods like shop/web 80/tcp: default deny of ingress: "
            + "shop/in isolates the destination", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NetIDs_that_become_one_open_both_ways_and_both_NetNamespaces_are_named() => Assert.Equal(
        """
        + 2 pods like shop/web -> bank/vault 80/tcp: NetNamespace bank (NetID 4242, new.yaml:33) and NetNamespace shop (NetID 4242, new.yaml:26) are one network; before, NetNamespace bank (NetID 7777, old.yaml:33) and NetNamespace shop (NetID 4242, old.yaml:26) are kept apart: the multitenant mode lets pods of different NetIDs not reach each other
        + bank/vault -> 2 pods like shop/web 80/tcp: NetNamespace shop (NetID 4242, new.yaml:26) and NetNamespace bank (NetID 4242, new.yaml:33) are one network; before, NetNamespace shop (NetID 4242, old.yaml:26) and NetNamespace bank (NetID 7777, old.yaml:33) are kept apart: the multitenant mode lets pods of different NetIDs not reach each other

        4 pairs can talk that could not (+), 0 cannot that could (-)

        """,
        TextOf(Compare(Read(OpenShift, "old.yaml"), Read(Joined, "new.yaml"), "80", Multitenant)));

    [Fact]
    public void A_flow_of_a_capture_that_leaves_is_judged_by_the_new_rule_and_the_old_one_is_told()
    {
        using TemporaryFile capture = Packets(
            ("10.128.0.10", Outside, 443, 1), ("10.128.0.10", Outside, 443, 2), ("10.128.0.10", "10.129.0.10", 443, 3));

        FlowChange flow = Assert.Single(Flows(
            Both(Ovn, Firewall, "old.yaml"),
            Both(Ovn, Firewall.Replace("Allow", "Deny", StringComparison.Ordinal), "new.yaml"), [capture.Path]).Flows);

        Assert.Equal(("shop/web", Outside, "443/tcp", 2L), (flow.From, flow.To, flow.Port.ToString(), flow.Packets));
        Assert.Equal(
            "denied by EgressFirewall shop/default egress[0] (new.yaml:6); before, "
            + "allowed by EgressFirewall shop/default egress[0] (old.yaml:6)",
            PolicyOutcome.Sentences(flow.Was, flow.Is));
    }

    [Fact]
    public void A_flow_between_networks_that_part_names_both_as_its_drops_do()
    {
        using TemporaryFile capture = Packets(("10.128.0.10", "10.129.0.20", 80, 1));

        FlowChange flow = Assert.Single(
            Flows(Read(Joined, "old.yaml"), Read(OpenShift, "new.yaml"), [capture.Path], Multitenant).Flows);

        Assert.Equal(("other-network", "NetNamespace/bank", "new.yaml:33"),
            (flow.Is.Reason, flow.Is.Policy, flow.Is.Source?.ToString()));
        Assert.Equal(("same-network", "NetNamespace/bank", "old.yaml:33"),
            (flow.Was.Reason, flow.Was.Policy, flow.Was.Source?.ToString()));
    }

    [Fact]
    public void A_packet_that_two_captures_show_counts_once()
    {
        using TemporaryFile veth = Packets(("10.128.0.10", Outside, 443, 1));
        using TemporaryFile bridge = Packets(("10.128.0.10", Outside, 443, 1));

        FlowChange flow = Assert.Single(Flows(
            Both(Ovn, "", "old.yaml"), Both(Ovn, Firewall.Replace("Allow", "Deny", StringComparison.Ordinal),
                "new.yaml"), [veth.Path, bridge.Path]).Flows);

        Assert.Equal((1, 1L), (flow.Flows, flow.Packets));
    }

    private static string Joined => OpenShift.Replace("7777", "4242", StringComparison.Ordinal);

    private static string Text(string cluster, string old, string @new, string? setting = null, string? ports = null) =>
        TextOf(Compare(Both(cluster, old, "old.yaml"), Both(cluster, @new, "new.yaml"), ports, setting));

    private static string TextOf(PolicyChangeReport report)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new PolicyDiffOutput(text, Style.Plain).Write(report, "text");
        return text.ToString();
    }

    private static PolicyChangeReport Compare(
        ClusterSnapshot old, ClusterSnapshot @new, string? ports, string? setting) => PolicyChanges.Compare(
            old, @new, ports is null ? [] : [new(IpProtocol.Tcp, ushort.Parse(ports, null))],
            cni: null, EmulationSettings.Parse(setting is null ? [] : [setting]));

    private static PolicyChangeReport Flows(
        ClusterSnapshot old, ClusterSnapshot @new, string[] captures, params string[] settings) => FlowChanges.AddTo(
            new PolicyChangeReport { Pods = [], Changes = [], Notes = [] }, old, @new,
            new ReplayOptions { Captures = [.. captures], Settings = [.. settings] }, CancellationToken.None);

    private static ClusterSnapshot Read(string yaml, string name) => ManifestReader.ReadText(yaml, name);

    /// <summary>What is compared comes first, so that its lines count from 1.</summary>
    private static ClusterSnapshot Both(string cluster, string yaml, string name) =>
        Read(yaml.Length == 0 ? cluster : $"{yaml}---\n{cluster}", name);

    /// <summary>SYNs of pods, as their veths show them.</summary>
    private static TemporaryFile Packets(params (string From, string To, ushort Port, ushort Id)[] packets)
    {
        CaptureBytes bytes = new CaptureBytes().PcapHeader();
        foreach ((string from, string to, ushort port, ushort id) in packets)
        {
            bytes.PcapRecord(1, id,
                Eth("0a:58:0a:80:00:0a", "0a:58:0a:80:00:01").Ipv4(from, to, id: id).Tcp(40000, port, sequence: id));
        }

        var file = new TemporaryFile(".pcap");
        File.WriteAllBytes(file.Path, bytes.ToArray());
        return file;
    }
}
