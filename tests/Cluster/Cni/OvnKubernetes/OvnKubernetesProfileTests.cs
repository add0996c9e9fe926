using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni.OvnKubernetes;

public class OvnKubernetesProfileTests
{
    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: shop
          annotations:
            k8s.ovn.org/pod-networks: '{"default":{"ip_addresses":["10.244.1.5/24"],"mac_address":"0a:58:0a:f4:01:05","gateway_ips":["10.244.1.1"],"ip_address":"10.244.1.5/24","gateway_ip":"10.244.1.1"}}'
        spec: {nodeName: ovn-worker}
        status: {phase: Running, podIP: 10.244.1.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: api, namespace: shop}
        spec: {nodeName: ovn-worker}
        status: {phase: Running, podIP: 10.244.1.4}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop}
        spec: {nodeName: ovn-worker2}
        status: {phase: Running, podIP: 10.244.0.7}
        ---

        """;

    private static readonly string OneZone =
        Node("ovn-worker", 2, "10.244.1.0/24", "global", "") + Node("ovn-worker2", 3, "10.244.0.0/24", "global", "")
        + Pods;

    private static readonly string Interconnect =
        Node("ovn-worker", 2, "10.244.1.0/24", "ovn-worker", Transit(2))
        + Node("ovn-worker2", 3, "10.244.0.0/24", "ovn-worker2", Transit(3)) + Pods;

    private static readonly TunnelSettings Geneve = new()
    {
        Kind = TunnelKind.Geneve,
        Device = "genev_sys_6081",
        Vni = 0,
        IdSource = TunnelIdSource.LogicalSwitch,
        Inner = InnerFrame.RouterToPod,
        Port = 6081,
        Df = TunnelDf.Set,
        UdpChecksum = true,
        SourcePortMin = 1,
        SourcePortMax = 65534,
        Overhead = 58,
    };

    [Fact]
    public void In_one_zone_geneve_carries_the_receivers_switch_and_the_frame_from_its_router()
    {
        NetworkModel model = Compile(OneZone);
        Assert.Equal(Geneve, model.Tunnel);
        Assert.Equal(new HopCosts { PodToTunnel = 1, TunnelToPod = 0, PodToPod = 0 }, model.Hops);
        Assert.Equal(
            (PodAttachment.Bridge, DirectRouting.Never, true), (model.Attachment, model.Direct, model.Masquerade));
    }

    [Fact]
    public void Between_zones_it_is_the_transit_switch_with_its_fixed_key_and_two_hops()
    {
        NetworkModel model = Compile(Interconnect);
        Assert.Equal(
            Geneve with { Vni = 16711683, IdSource = TunnelIdSource.TransitSwitch, Inner = InnerFrame.TunnelDevices },
            model.Tunnel);
        Assert.Equal(new HopCosts { PodToTunnel = 1, TunnelToPod = 1, PodToPod = 0 }, model.Hops);
        Assert.Equal([(ushort)2, (ushort)3], model.Nodes.Select(node => node.TransitPortKey));
        Assert.Equal(["0a:58:64:58:00:02", "0a:58:64:58:00:03"], model.Nodes.Select(node => node.TunnelMac.ToString()));
    }

    [Fact]
    public void Annotations_give_subnets_addresses_and_macs()
    {
        NodeNetwork node = Compile(OneZone).Nodes[0];
        Assert.Equal(
            ("10.244.1.0/24", "172.18.0.2", "02:42:ac:12:00:02"),
            (Assert.Single(node.PodCidrs).ToString(), node.UnderlayV4.ToString(), node.UnderlayMac.ToString()));
        Assert.Equal(("10.244.1.1", "0a:58:0a:f4:01:01"), (node.BridgeV4.ToString(), node.RouterMac.ToString()));
        Assert.Equal(["172.18.0.2", "10.244.1.2"], node.OwnAddresses.Select(address => address.ToString()));
        Assert.True(node.TunnelMac.IsNone);
    }

    [Theory]
    [InlineData("lrp-ifaddr", "100.64.0.2")]
    [InlineData("lrp-absent", "100.64.0.2")]
    [InlineData("id-absent", "10.244.1.2")]
    public void What_comes_from_outside_reaches_pods_with_the_join_address(string which, string expected)
    {
        string yaml = which == "lrp-ifaddr"
            ? OneZone
            : OneZone.Replace("-router-lrp-ifaddr", "-gone", StringComparison.Ordinal);
        if (which == "id-absent") yaml = yaml.Replace("/node-id", "/node-gone", StringComparison.Ordinal);
        Assert.Equal(expected, Compile(yaml).Nodes[0].TunnelV4.ToString());
    }

    [Fact]
    public void Older_annotations_have_one_subnet_instead_of_a_list() => Assert.Equal(
        "10.244.1.0/24",
        Assert.Single(Compile(OneZone.Replace("[\"10.244.1.0/24\"]", "\"10.244.1.0/24\"", StringComparison.Ordinal))
            .Nodes[0].PodCidrs).ToString());

    [Fact]
    public void Keys_are_numbered_by_name_and_address_and_that_is_said()
    {
        NetworkModel model = Compile(OneZone);
        Assert.Equal(
            [(1u, (ushort)1), (2u, (ushort)1)], model.Nodes.Select(node => (node.SwitchKey, node.RouterPortKey)));
        Assert.Equal([("web", (ushort)4), ("api", (ushort)3), ("db", (ushort)3)],
            model.Pods.Select(pod => (pod.Pod.Name, pod.PortKey)));
        Assert.Contains(
            "OVN's tunnel keys are in no manifest: switches numbered from 1 by node name, the router's port on each is "
            + "1, pods' from 3 by address (--set ovn.NAME.switchKey=N and the like give them): 2 nodes: "
            + "ovn-worker, ovn-worker2",
            model.Notes);
    }

    [Fact]
    public void Settings_give_the_keys_that_ovn_sbctl_shows()
    {
        NetworkModel model = Compile(
            OneZone, "ovn.ovn-worker.switchKey=4", "ovn.ovn-worker.routerPortKey=9", "ovn.shop/web.portKey=17");
        Assert.Equal((4u, (ushort)9), (model.Nodes[0].SwitchKey, model.Nodes[0].RouterPortKey));
        Assert.Equal((ushort)17, model.Pods[0].PortKey);
        Assert.Equal(
            (ushort)40, Compile(Interconnect, "ovn.ovn-worker2.transitPortKey=40").Nodes[1].TransitPortKey);
        Assert.Equal(
            "setting ovn.ovn-worker3.switchKey: the manifests have no node ovn-worker3: "
            + "did you mean ovn.ovn-worker.switchKey?",
            Assert.Throws<InvalidDataException>(() => Compile(OneZone, "ovn.ovn-worker3.switchKey=4")).Message);
    }

    [Fact]
    public void A_pods_mac_is_its_annotations_else_0a_58_and_its_address()
    {
        NetworkModel model = Compile(
            OneZone.Replace("0a:58:0a:f4:01:05", "0a:58:0a:f4:01:aa", StringComparison.Ordinal));
        Assert.Equal(
            [("0a:58:0a:f4:01:aa", true), ("0a:58:0a:f4:01:04", false), ("0a:58:0a:f4:00:07", false)],
            model.Pods.Select(pod => (pod.Mac.ToString(), pod.MacKnown)));
    }

    [Fact]
    public void The_mtu_is_1400_unless_the_configuration_says_another()
    {
        NetworkModel model = Compile(OneZone);
        Assert.All(
            model.Nodes, node => Assert.Equal((1500, 1400, 1400), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu)));
        Assert.Contains("MTU 1400 assumed: ovn-kubernetes' default (--set mtu.tunnel=N says another)", model.Notes);
        Assert.Equal(1342, Compile(OneZone, "mtu.underlay=1400").Nodes[0].TunnelMtu);

        const string Configuration = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: ovnkube-config, namespace: openshift-ovn-kubernetes}
            data:
              ovnkube.conf: |-
                [default]
                mtu="8901"
                cluster-subnets="10.244.0.0/16/24"
                encap-port="6081"
                enable-lflow-cache=true
                [kubernetes]
                service-cidrs="172.30.0.0/16"

            """;
        NetworkModel configured = Compile(OneZone + Configuration, "mtu.underlay=9001");
        Assert.Equal((8901, 8901), (configured.Nodes[0].TunnelMtu, configured.Nodes[0].PodMtu));
        Assert.Equal(["10.244.0.0/16"], configured.ClusterCidrs.Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void Ipv6_router_ports_have_0a_58_and_a_hash()
    {
        NodeNetwork node = Compile(Node("six", 2, "fd00:10:244:1::/64", "global", "")).Nodes[0];
        Assert.Equal("fd00:10:244:1::1", node.BridgeV6.ToString());
        Assert.Equal("0a:58:b1:f5:35:61", node.RouterMac.ToString());
    }

    [Theory]
    [InlineData("node-subnets", "{\"default\":[\"x\"]}", "a list of CIDRs")]
    [InlineData("node-subnets", "[", "a JSON object")]
    [InlineData("node-primary-ifaddr", "{\"ipv4\":\"::1/64\"}", "an IPv4 address")]
    [InlineData("node-id", "two", "a number")]
    public void A_bad_annotation_is_named_and_ignored(string name, string value, string wanted)
    {
        string node = $$$"""
            apiVersion: v1
            kind: Node
            metadata: {name: n0, annotations: {"k8s.ovn.org/{{{name}}}": '{{{value}}}'}}

            """;
        Assert.Contains(
            $"ovn.yaml:1: node n0: annotation k8s.ovn.org/{name} is not {wanted}: ignored", Compile(node).Notes);
    }

    private static string Transit(int id) =>
        $$"""k8s.ovn.org/node-transit-switch-port-ifaddr: '{"ipv4":"100.88.0.{{id}}/16"}'""";

    private static string Node(string name, int id, string subnet, string zone, string more) => $$$"""
        apiVersion: v1
        kind: Node
        metadata:
          name: {{{name}}}
          annotations:
            k8s.ovn.org/host-cidrs: '["172.18.0.{{{id}}}/16"]'
            k8s.ovn.org/l3-gateway-config: '{"default":{"mode":"shared","bridge-id":"breth0","interface-id":"breth0_{{{name}}}","mac-address":"02:42:ac:12:00:0{{{id}}}","ip-addresses":["172.18.0.{{{id}}}/16"],"ip-address":"172.18.0.{{{id}}}/16","next-hops":["172.18.0.1"],"next-hop":"172.18.0.1","node-port-enable":"true","vlan-id":"0"}}'
            k8s.ovn.org/node-chassis-id: 3a8b9f6e-0a4e-4f4e-9c6e-1f3b6d2d7c0{{{id}}}
            k8s.ovn.org/node-gateway-router-lrp-ifaddr: '{"ipv4":"100.64.0.{{{id}}}/16"}'
            k8s.ovn.org/node-id: "{{{id}}}"
            k8s.ovn.org/node-mgmt-port-mac-address: 0a:58:0a:f4:01:02
            k8s.ovn.org/node-primary-ifaddr: '{"ipv4":"172.18.0.{{{id}}}/16"}'
            k8s.ovn.org/node-subnets: '{"default":["{{{subnet}}}"]}'
            k8s.ovn.org/zone-name: {{{zone}}}
            {{{more}}}
        spec: {}
        status:
          addresses:
          - {address: 172.18.0.{{{id}}}, type: InternalIP}
        ---

        """;

    private static NetworkModel Compile(string yaml, params string[] settings) => CniProfiles.Compile(
        "ovn-kubernetes", ManifestReader.ReadText(yaml, "ovn.yaml"), EmulationSettings.Parse(settings));
}
