using Dataplane.Replay.Tracing;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The curl of the lab's story (<c>golden/50-three-tier</c>): name, load balancer, ingress, frontend,
/// backend, database, as traces.
/// </summary>
public class TraceTests
{
    [Theory]
    [InlineData("ebpf")]
    [InlineData("iptables")]
    [InlineData("ipvs")]
    public void A_name_is_asked_for_at_the_other_node_and_the_answer_comes_from_the_Service(string proxy)
    {
        TraceReport way = Traced.Way(
            "default/loadgen-1", "svc/kube-system/kube-dns", proxy, port: 53, protocol: IpProtocol.Udp);

        Assert.Equal("forwarded", way.Verdict);
        Assert.Equal(("10.96.0.10", (ushort)53), (way.Sent.Dst, way.Sent.DstPort));
        Assert.Equal(
            ("kube-system/coredns-5dd5756b68-x2k9p", "10.244.1.6", (ushort)53, "10.244.2.20"),
            (way.Delivered!.Pod, way.Delivered.Dst, way.Delivered.DstPort, way.Delivered.Src));
        TraceFrame frame = Assert.Single(way.Wire);
        Assert.Equal(
            ("node-2", "192.168.56.12", "192.168.56.11", "vxlan", 1u, (ushort)8472),
            (frame.Node, frame.OuterSrc, frame.OuterDst, frame.Tunnel, frame.TunnelId, frame.DstPort));
        Assert.Equal(("10.96.0.10", (ushort)53, "default/loadgen-1"),
            (way.Reply!.Delivered!.Src, way.Reply.Delivered.SrcPort, way.Reply.Delivered.Pod));
    }

    [Fact]
    public void Every_step_of_both_ways_is_told_in_order()
    {
        TraceReport way = Traced.Way(
            "default/loadgen-1", "svc/kube-system/kube-dns", port: 53, protocol: IpProtocol.Udp);

        Assert.Equal(
            [
                "- read", "node-2 enter", "node-2 track", "node-2 connect", "node-2 dnat", "node-2 route",
                "node-2 encapsulate", "node-2 send", "node-1 decapsulate", "node-1 track", "node-1 connect",
                "node-1 route", "node-1 deliver",
            ],
            way.Steps.Actions());
        Assert.Equal(
            [
                "- read", "node-1 enter", "node-1 track", "node-1 route", "node-1 encapsulate", "node-1 send",
                "node-2 decapsulate", "node-2 track", "node-2 route", "node-2 snat", "node-2 deliver",
            ],
            way.Reply!.Steps.Actions());
    }

    [Fact]
    public void The_frame_on_the_wire_is_the_story_s_but_for_payload_and_ids()
    {
        string frame = Assert.Single(
            Traced.Way("default/loadgen-1", "svc/kube-system/kube-dns", port: 53, protocol: IpProtocol.Udp).Wire).Frame;
        byte[] bytes = Convert.FromHexString(frame);

        Assert.Equal("2118", frame[72..76]);
        Assert.Equal("0800000000000100", frame[84..100]);
        Assert.Equal((10, 244, 1, 6), (bytes[80], bytes[81], bytes[82], bytes[83]));
        Assert.Equal(63, bytes[72]);
    }

    [Theory]
    [InlineData("shop/frontend-6f7d9c-aaaaa", "backend.shop.svc.cluster.local", "10.96.12.90", "shop/backend-")]
    [InlineData("shop/backend-58c4b7-ddddd", "svc/shop/postgres", "10.96.13.54", "shop/postgres-0")]
    [InlineData("ingress-nginx/ingress-nginx-controller-7d4c8",
        "http://frontend.shop.svc/p/1", "10.96.11.80", "shop/frontend-")]
    [InlineData("default/loadgen-1", "http://203.0.113.10/p/1",
        "203.0.113.10", "ingress-nginx/ingress-nginx-controller-")]
    public void Each_tier_reaches_the_next_under_any_way_to_write_it(string from, string to, string address, string pod)
    {
        TraceReport way = Traced.Way(from, to, "iptables");

        Assert.Equal(address, way.Sent.Dst);
        Assert.StartsWith(pod, way.Delivered!.Pod, StringComparison.Ordinal);
        Assert.EndsWith("as the client expects.", way.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void From_outside_the_load_balancer_s_address_is_masqueraded_and_answers_itself()
    {
        TraceReport way = Traced.Way("external", "svc/ingress-nginx/ingress-nginx-controller", "iptables");

        Assert.Equal("203.0.113.10", way.Sent.Dst);
        Assert.NotEqual(way.Sent.Src, way.Delivered!.Src);
        Assert.Equal(("203.0.113.10", (ushort)80, way.Sent.Src),
            (way.Reply!.Delivered!.Src, way.Reply.Delivered.SrcPort, way.Reply.Delivered.Dst));
    }

    [Fact]
    public void A_Service_without_endpoints_is_rejected_by_the_rule_that_is_named()
    {
        TraceReport way = Traced.Way("default/loadgen-1", "svc/shop/legacy", "iptables");

        Assert.Equal(("dropped", "no-backend", "select", "node-2"), (way.Verdict, way.Reason, way.Stage, way.Node));
        Assert.Contains("shop/legacy has no endpoints", way.Rule, StringComparison.Ordinal);
        Assert.Null(way.Delivered);
        Assert.Contains("node-2 answer", way.Steps.Actions());
    }
}
