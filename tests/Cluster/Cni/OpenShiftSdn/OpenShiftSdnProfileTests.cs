using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni.OpenShiftSdn;

public class OpenShiftSdnProfileTests
{
    private const string Nodes = """
        apiVersion: v1
        kind: Node
        metadata: {name: worker-0}
        spec: {}
        status: {addresses: [{address: 192.168.126.11, type: InternalIP}]}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: worker-1}
        spec: {}
        status: {addresses: [{address: 192.168.126.12, type: InternalIP}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: worker-0}
        status: {phase: Running, podIP: 10.128.0.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: router, namespace: default}
        spec: {nodeName: worker-1}
        status: {phase: Running, podIP: 10.129.0.9}
        ---

        """;

    private const string Objects = """
        apiVersion: network.openshift.io/v1
        host: worker-0
        hostIP: 192.168.126.11
        kind: HostSubnet
        metadata:
          annotations: {pod.network.openshift.io/assign-subnet: "false"}
          name: worker-0
        subnet: 10.128.0.0/23
        ---
        apiVersion: network.openshift.io/v1
        egressIPs: []
        host: worker-1
        hostIP: 192.168.126.12
        kind: HostSubnet
        metadata: {name: worker-1}
        subnet: 10.129.0.0/23
        ---
        apiVersion: network.openshift.io/v1
        kind: NetNamespace
        metadata: {name: shop}
        netid: 11584373
        netname: shop
        ---

        """;

    private static string ClusterNetwork(string plugin) => $$"""
        apiVersion: network.openshift.io/v1
        clusterNetworks:
        - CIDR: 10.128.0.0/14
          hostSubnetLength: 9
        hostsubnetlength: 9
        kind: ClusterNetwork
        metadata: {name: default}
        mtu: 1450
        network: 10.128.0.0/14
        pluginName: redhat/openshift-ovs-{{plugin}}
        serviceNetwork: 172.30.0.0/16
        vxlanPort: 4789

        """;

    private static readonly string NetworkPolicyMode = Nodes + Objects + ClusterNetwork("networkpolicy");

    [Fact]
    public void Vxlan_carries_the_netid_and_the_pods_own_frames_with_df_and_no_checksum() => Assert.Equal(
        new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = "vxlan0",
            Vni = 0,
            IdSource = TunnelIdSource.Sender,
            Inner = InnerFrame.PodToPod,
            Port = 4789,
            Df = TunnelDf.Set,
            UdpChecksum = false,
        },
        Compile(NetworkPolicyMode).Tunnel);

    [Fact]
    public void One_layer_2_over_all_nodes_takes_no_hop()
    {
        NetworkModel model = Compile(NetworkPolicyMode);
        Assert.Equal(new HopCosts { PodToTunnel = 0, TunnelToPod = 0, PodToPod = 0 }, model.Hops);
        Assert.Equal((PodAttachment.Bridge, DirectRouting.Never), (model.Attachment, model.Direct));
    }

    [Fact]
    public void HostSubnets_give_subnets_and_tun0()
    {
        NetworkModel model = Compile(NetworkPolicyMode);
        Assert.Equal(
            ["10.128.0.0/23", "10.129.0.0/23"], model.Nodes.Select(node => Assert.Single(node.PodCidrs).ToString()));
        Assert.Equal(["10.128.0.1", "10.129.0.1"], model.Nodes.Select(node => node.BridgeV4.ToString()));
        Assert.Equal(["10.128.0.1", "10.129.0.1"], model.Nodes.Select(node => node.TunnelV4.ToString()));
        Assert.Equal(["192.168.126.11", "192.168.126.12"], model.Nodes.Select(node => node.UnderlayV4.ToString()));
        Assert.All(
            model.Nodes, node => Assert.Equal((1500, 1450, 1450), (node.UnderlayMtu, node.TunnelMtu, node.PodMtu)));
        Assert.Equal(["10.128.0.0/14"], model.ClusterCidrs.Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void A_pods_mac_is_0a_58_and_its_address() => Assert.Equal(
        ["0a:58:0a:80:00:05", "0a:58:0a:81:00:09"], Compile(NetworkPolicyMode).Pods.Select(pod => pod.Mac.ToString()));

    [Theory]
    [InlineData("networkpolicy", 11584373u)]
    [InlineData("multitenant", 11584373u)]
    [InlineData("subnet", 0u)]
    public void The_netid_is_the_namespaces_but_0_in_the_subnet_mode_and_in_default(string plugin, uint expected)
    {
        NetworkModel model = Compile(Nodes + Objects + ClusterNetwork(plugin));
        Assert.Equal([("web", expected), ("router", 0u)], model.Pods.Select(pod => (pod.Pod.Name, pod.TunnelId)));
        Assert.All(model.Nodes, node => Assert.Equal(0u, node.TunnelId));
    }

    [Fact]
    public void A_namespace_without_a_netid_is_said_to_have_0() => Assert.Contains(
        "no NetNamespace in the manifests, NetID 0 is assumed for namespaces shop",
        Compile(Nodes + ClusterNetwork("networkpolicy")).Notes);

    [Theory]
    [InlineData("networkpolicy", PolicyEnforcer.OvnKubernetes,
        "NetworkPolicies are enforced by openshift-sdn, the cluster's CNI, judged as ovn-kubernetes does")]
    [InlineData("multitenant", PolicyEnforcer.Projects,
        "openshift-sdn's multitenant mode keeps pods of different NetIDs apart; NetworkPolicies have no effect in it")]
    [InlineData("subnet", PolicyEnforcer.None,
        "openshift-sdn does not enforce NetworkPolicies: nothing is denied (--set policy.enforcer=calico puts Calico's "
        + "enforcement beside it)")]
    public void Only_the_networkpolicy_mode_enforces_policies(string plugin, PolicyEnforcer expected, string evidence)
    {
        ClusterSnapshot snapshot = Read(Nodes + Objects + ClusterNetwork(plugin));
        Assert.Equal(
            new PolicyEnforcement(expected, IsAssumed: false, evidence),
            PolicyEnforcement.Of(snapshot, null, EmulationSettings.Default));
    }

    [Fact]
    public void A_setting_says_another_mode() => Assert.Equal(
        PolicyEnforcer.Projects,
        PolicyEnforcement.Of(
            Read(NetworkPolicyMode), null, EmulationSettings.Parse(["openshift-sdn.mode=multitenant"])).Enforcer);

    [Fact]
    public void Egress_ips_are_at_the_node_whose_HostSubnet_holds_them()
    {
        NetworkModel model = Compile(NetworkPolicyMode
            .Replace("netid: 11584373", "netid: 11584373\negressIPs: [192.168.126.50]", StringComparison.Ordinal)
            .Replace("egressIPs: []", "egressIPs: [192.168.126.50]", StringComparison.Ordinal));

        EgressAssignment assignment = Assert.Single(model.EgressAddresses);
        Assert.Equal([new EgressAddress(IpAddress.Parse("192.168.126.50"), 1)], assignment.Addresses);
        Assert.Contains(IpAddress.Parse("192.168.126.50"), model.Nodes[1].OwnAddresses);
        Assert.Contains(model.Notes, note =>
            note.EndsWith("NetNamespace shop: 1 pod leaves the cluster with 192.168.126.50 at " + model.Nodes[1].Name,
                StringComparison.Ordinal));
    }

    private static NetworkModel Compile(string yaml, params string[] settings) =>
        CniProfiles.Compile("openshift-sdn", Read(yaml), EmulationSettings.Parse(settings));

    private static ClusterSnapshot Read(string yaml) => ManifestReader.ReadText(yaml, "sdn.yaml");
}
