using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OpenShiftSdn;

/// <summary>
/// OpenShift SDN: one layer 2 over all nodes on Open vSwitch's br0, VXLAN between them with the sender's NetID (sdn's
/// pkg/network/node/ovscontroller.go).
/// </summary>
internal sealed class OpenShiftSdnProfile : ICniProfile
{
    private const string SubnetPlugin = "redhat/openshift-ovs-subnet";
    private const string MultitenantPlugin = "redhat/openshift-ovs-multitenant";

    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("10.128.0.0/14");

    public string Name => "openshift-sdn";

    public CniEvidence? Recognise(ClusterSnapshot snapshot) => EvidenceSearch.Strongest(
        EvidenceSearch.Object("HostSubnet", snapshot.OpenShift.HostSubnets, subnet => (subnet.Host, subnet.Source)),
        EvidenceSearch.Object(
            "ClusterNetwork", snapshot.OpenShift.ClusterNetworks, network => (network.Name, network.Source)),
        EvidenceSearch.Object(
            "NetNamespace", snapshot.OpenShift.NetNamespaces, space => (space.Namespace, space.Source)));

    /// <summary>In the networkpolicy mode, by flows that ask again of connections that stand, as OVN's do.</summary>
    public PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings) =>
        ModeOf(snapshot, settings) switch
        {
            OpenShiftMode.Subnet => PolicyEnforcer.None,
            OpenShiftMode.Multitenant => PolicyEnforcer.Projects,
            _ => PolicyEnforcer.OvnKubernetes,
        };

    public ImmutableArray<EgressRuleSet> EgressRulesOf(
        ClusterSnapshot snapshot, EmulationSettings settings, List<string> notes) =>
        OpenShiftEgress.RulesOf(snapshot, ModeOf(snapshot, settings), notes);

    public string DefaultProxyOf(ClusterSnapshot snapshot) => "iptables";

    public NetworkModel Compile(CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        OpenShiftNetwork? network = request.Snapshot.OpenShift.ClusterNetworks.FirstOrDefault();
        TunnelSettings tunnel = settings.Vxlan.Over(Vxlan(network));
        CniTunnels.NoteIdle(request, tunnel, "");
        CniMtus mtus = CniMtus.Of(request, tunnel, network?.Mtu);
        OpenShiftMode mode = ModeOf(request.Snapshot, settings);
        ImmutableArray<NodeNetwork> nodes = OpenShiftNodes.Compile(mtus, request);
        ImmutableArray<PodNetwork> pods = OpenShiftNetIds.Give(
            CniPods.Compile(request), isSingleTenant: mode == OpenShiftMode.Subnet, request);
        ImmutableArray<EgressAssignment> egress = OpenShiftEgress.AddressesOf(pods, nodes, mode, request);
        CniEgress.Note(request, egress, nodes);
        ImmutableArray<EgressRuleSet> rules = EgressRulesOf(request.Snapshot, settings, request.Notes);
        CniEgress.Note(request, rules);
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = request.Snapshot,
            Nodes = CniEgress.Hold(nodes, egress),
            Pods = pods,
            Attachment = settings.PodAttachment ?? PodAttachment.Bridge,
            Tunnel = tunnel,
            Hops = new HopCosts { PodToTunnel = 0, TunnelToPod = 0, PodToPod = 0 },
            Direct = DirectRouting.Never,
            Masquerade = true,
            ClusterCidrs = ClusterNetworks.Choose(
                request, network?.Cidrs ?? [], nodes.SelectMany(node => node.PodCidrs), DefaultNetwork,
                new AssumptionWords("openshift-sdn", "ClusterNetwork says another")),
            ForwardUnlisted = settings.ForwardUnlisted,
            EgressAddresses = egress,
            EgressRules = rules,
            Notes = [.. request.Notes],
        };
    }

    private static OpenShiftMode ModeOf(ClusterSnapshot snapshot, EmulationSettings settings) =>
        settings.OpenShiftMode ?? snapshot.OpenShift.ClusterNetworks.FirstOrDefault()?.Plugin switch
        {
            SubnetPlugin => OpenShiftMode.Subnet,
            MultitenantPlugin => OpenShiftMode.Multitenant,
            _ => OpenShiftMode.NetworkPolicy,
        };

    private static TunnelSettings Vxlan(OpenShiftNetwork? network) => new()
    {
        Kind = TunnelKind.Vxlan,
        Device = "vxlan0",
        Vni = 0,
        IdSource = TunnelIdSource.Sender,
        Inner = InnerFrame.PodToPod,
        Port = network?.VxlanPort ?? CniTunnels.VxlanPort,
        Df = TunnelDf.Set,
        UdpChecksum = false,
        Overhead = CniTunnels.VxlanOverheadV4,
    };
}
