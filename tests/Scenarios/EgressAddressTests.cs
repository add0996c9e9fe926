using Dataplane.Replay.Tracing;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.EgressCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Pods that leave the cluster with addresses of their own: over the tunnel to the node that holds the address, out of
/// there with it as source, and the reply all the way back.
/// </summary>
public sealed class EgressAddressTests
{
    [Fact]
    public void A_namespace_with_an_egress_address_leaves_by_the_node_that_holds_it()
    {
        TraceReport report = Trace(OpenShift, "shop/web", Outside);

        Assert.Equal("forwarded", report.Verdict);
        Assert.Equal(("n2", "192.168.56.100", 40000), (report.Node, report.Delivered!.Src, report.Delivered.SrcPort));
        Assert.Equal(
            [("n1", "192.168.56.11", "192.168.56.12", 4242u), ("n2", "192.168.56.100", Outside, 0u)],
            report.Wire.Select(frame => (frame.Node, frame.OuterSrc, frame.OuterDst, frame.TunnelId ?? 0)));
        Assert.EndsWith("The reply comes back from 198.51.100.7:80, as the client expects.",
            report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_frame_to_it_is_the_pod_s_own_with_its_gateway_s_mac_and_ttl()
    {
        string frame = Trace(OpenShift, "shop/web", Outside).Wire[0].Frame;

        // VNI 4242; to tun0 of n1 (10.128.0.1) from the pod (10.128.0.10), TTL 64
        Assert.Equal("0800000000109200" + "0a580a800001" + "0a580a80000a" + "0800", frame[84..128]);
        Assert.Equal("40", frame[(128 + 16)..(128 + 18)]);
    }

    [Fact]
    public void The_reply_comes_from_the_holder_on_the_global_network()
    {
        TraceReply reply = Trace(OpenShift, "shop/web", Outside).Reply!;

        Assert.Equal(("forwarded", "shop/web"), (reply.Verdict, reply.Delivered!.Pod));
        Assert.Equal([("n2", "192.168.56.12", "192.168.56.11", 0u)],
            reply.Wire.Select(frame => (frame.Node, frame.OuterSrc, frame.OuterDst, frame.TunnelId!.Value)));
    }

    [Fact]
    public void A_pod_on_the_holder_leaves_from_where_it_is()
    {
        TraceReport report = Trace(OpenShift, "shop/near", Outside);

        Assert.Equal(("n2", "192.168.56.100"), (report.Node, report.Delivered!.Src));
        Assert.Single(report.Wire);
    }

    [Fact]
    public void Others_leave_with_their_node_s_address()
    {
        Assert.Equal("192.168.56.12", Trace(OpenShift, "bank/vault", Outside).Delivered!.Src);
        Assert.Equal("192.168.56.12", Trace(OpenShift, "default/router", Outside).Delivered!.Src);
    }

    [Fact]
    public void Inside_of_the_cluster_and_to_nodes_nothing_changes()
    {
        Assert.Equal("10.128.0.10", Trace(OpenShift, "shop/web", "shop/near").Delivered!.Src);
        Assert.Equal("192.168.56.11", Trace(OpenShift, "shop/web", "node/n2").Delivered!.Src);
    }

    [Fact]
    public void The_step_names_the_object_and_its_line() => Assert.Contains(
        Trace(OpenShift, "shop/web", Outside).Steps,
        step => step.Node == "n1"
            && step.Detail == "to n2 through vxlan0, TTL 64, as NetNamespace shop has it (egress.yaml:26)");

    [Fact]
    public void Without_a_node_that_holds_the_address_what_leaves_is_dropped()
    {
        TraceReport report = Trace(OpenShift.Replace(
            "egressIPs: [192.168.56.100]\n---\napiVersion: network.openshift.io/v1\nkind: NetNamespace\n"
            + "metadata: {name: shop}",
            "---\napiVersion: network.openshift.io/v1\nkind: NetNamespace\nmetadata: {name: shop}",
            StringComparison.Ordinal), "shop/web", Outside);

        Assert.Equal(("dropped", "no-egress-address", "route", "n1"),
            (report.Verdict, report.Reason, report.Stage, report.Node));
        Assert.Equal("egress.yaml:25", report.Source);
        Assert.Contains("NetNamespace shop (egress.yaml:25) gives the pod egress addresses, and no node holds one",
            report.Sentence, StringComparison.Ordinal);
        Assert.Contains(report.Notes, note =>
            note.Contains("no HostSubnet holds 192.168.56.100: what its pods send out of the cluster is dropped",
                StringComparison.Ordinal));
    }

    [Fact]
    public void EgressCIDRs_give_an_address_that_nobody_has_written_down()
    {
        TraceReport report = Trace(OpenShift.Replace("subnet: 10.129.0.0/23\negressIPs: [192.168.56.100]",
            "subnet: 10.129.0.0/23\negressCIDRs: [192.168.56.96/28]", StringComparison.Ordinal), "shop/web", Outside);

        Assert.Equal(("n2", "192.168.56.100"), (report.Node, report.Delivered!.Src));
        Assert.Contains(report.Notes,
            note => note.Contains("is assumed to be given to n2, by its egressCIDRs", StringComparison.Ordinal));
    }

    [Fact]
    public void Between_zones_an_EgressIP_is_reached_by_the_transit_switch()
    {
        TraceReport report = Trace(Interconnect + EgressIp, "shop/web", Outside);

        Assert.Equal(("forwarded", "n2", "192.168.56.100"), (report.Verdict, report.Node, report.Delivered!.Src));
        Assert.Equal([16711683u, 0u], report.Wire.Select(frame => frame.TunnelId ?? 0));

        // option: from n1's port on the transit switch to n2's; the MACs are of both ports
        Assert.Contains(
            "01028001" + "00010002" + "0a5864580002" + "0a5864580001", report.Wire[0].Frame, StringComparison.Ordinal);
        Assert.Contains("as the client expects", report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void In_one_zone_an_EgressIP_is_reached_by_the_join_switch()
    {
        TraceReport report = Trace(Ovn + EgressIp, "shop/web", Outside);

        Assert.Equal(("forwarded", "n2", "192.168.56.100"), (report.Verdict, report.Node, report.Delivered!.Src));
        Assert.Equal(3u, report.Wire[0].TunnelId);

        // option: from the cluster router's port to n2's gateway router's; the MACs are 100.64.0.2's and 100.64.0.1's
        Assert.Contains(
            "01028001" + "00010003" + "0a5864400002" + "0a5864400001", report.Wire[0].Frame, StringComparison.Ordinal);
        Assert.Contains("as the client expects", report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_the_join_switch_can_be_given()
    {
        TraceReport report = Trace(
            Ovn + EgressIp, "shop/web", Outside, 80, "ovn.joinSwitchKey=9", "ovn.n2.joinPortKey=7");

        Assert.Equal(9u, report.Wire[0].TunnelId);
        Assert.Contains("01028001" + "00010007", report.Wire[0].Frame, StringComparison.Ordinal);
    }

    [Fact]
    public void An_EgressIP_is_for_the_pods_that_it_selects_and_not_for_nodes()
    {
        Assert.Equal("192.168.56.11", Trace(Interconnect + EgressIp, "shop/other", Outside).Delivered!.Src);
        Assert.Equal("192.168.56.11", Trace(Interconnect + EgressIp, "shop/web", "node/n2").Delivered!.Src);
    }

    [Fact]
    public void Without_a_node_in_its_status_pods_leave_as_others_do()
    {
        TraceReport report = Trace(Interconnect
            + EgressIp.Replace("status: {items: [{egressIP: 192.168.56.100, node: n2}]}", "", StringComparison.Ordinal),
            "shop/web", Outside);

        Assert.Equal("192.168.56.11", report.Delivered!.Src);
        Assert.Contains(report.Notes, note =>
            note.Contains("EgressIP prod: its status names no node: its pods leave with their nodes' addresses",
                StringComparison.Ordinal));
    }

    [Fact]
    public void A_reply_that_was_captured_at_the_pod_is_put_back_to_the_holder()
    {
        using Scenario scenario = Scenario.GivenCni("openshift-sdn", OpenShift)
            .Send(
                Eth("0a:58:0a:80:00:0a", "0a:58:0a:80:00:01").Ipv4("10.128.0.10", Outside).Tcp(40000, 80, TcpFlags.Syn))
            .Send(Eth("0a:58:0a:80:00:01", "0a:58:0a:80:00:0a")
                .Ipv4(Outside, "10.128.0.10", ttl: 56).Tcp(80, 40000, TcpFlags.Syn | TcpFlags.Ack))
            .ExpectForwarded();

        Assert.Equal("c0a8380c" + "c0a8380b", Convert.ToHexStringLower(Assert.Single(scenario.At("n2/eth0"))[26..34]));
        Assert.Equal(56, Assert.Single(scenario.At("shop/web"))[22]);
    }
}
