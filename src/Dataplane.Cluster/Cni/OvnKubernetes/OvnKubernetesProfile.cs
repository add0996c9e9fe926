using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>
/// OVN-Kubernetes: a logical switch for each node, routers between them, Geneve with the datapath's key and the ports'
/// in an option (ovn's controller/physical.c; ovn-kubernetes' pkg/util/node_annotations.go).
/// </summary>
internal sealed class OvnKubernetesProfile : ICniProfile
{
    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("10.128.0.0/14");

    public string Name => "ovn-kubernetes";

    public CniEvidence? Recognise(ClusterSnapshot snapshot) => EvidenceSearch.Strongest(
        EvidenceSearch.Annotation(snapshot, OvnAnnotations.Prefix),
        EvidenceSearch.ConfigMap(snapshot, OvnConfiguration.OpenShiftMap),
        EvidenceSearch.ConfigMap(snapshot, OvnConfiguration.UpstreamMap));

    public PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings) =>
        PolicyEnforcer.OvnKubernetes;

    public ImmutableArray<EgressRuleSet> EgressRulesOf(
        ClusterSnapshot snapshot, EmulationSettings settings, List<string> notes) =>
        OvnEgress.RulesOf(snapshot, notes);

    /// <summary>OVN's load balancers are maps in Open vSwitch: the nearest that is built.</summary>
    public string DefaultProxyOf(ClusterSnapshot snapshot) => "ebpf";

    public NetworkModel Compile(CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        var configuration = OvnConfiguration.Read(request.Snapshot, request.Notes);
        ImmutableArray<OvnAnnotations> annotations = [.. request.Snapshot.Nodes
            .Select(node => OvnAnnotations.Read(node, request.Notes))];
        var tunnel = OvnTunnel.Make(configuration, annotations, request);
        TunnelSettings? hybrid = OvnTunnel.MakeHybrid(configuration, annotations, request);
        CniMtus mtus = OvnTunnel.MakeMtus(configuration, tunnel, request);
        ImmutableArray<NodeNetwork> nodes = OvnNodes.Compile(annotations, tunnel, mtus, request);
        ImmutableArray<PodNetwork> pods = OvnPods.Compile(request);
        ImmutableArray<EgressAssignment> egress = OvnEgress.AddressesOf(pods, nodes, request);
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
            Beside = hybrid,
            Hops = OvnTunnel.HopsOf(tunnel),
            Direct = DirectRouting.Never,
            Masquerade = true,
            ClusterCidrs =
            [
                .. ClusterNetworks.Choose(
                    request, configuration.Networks,
                    nodes.Where(node => !node.IsBeside).SelectMany(node => node.PodCidrs), DefaultNetwork,
                    new AssumptionWords("ovn-kubernetes", "cluster-subnets in ovnkube-config says another")),
                .. annotations.Where(node => node.IsHybrid).SelectMany(node => node.HybridSubnets),
            ],
            ForwardUnlisted = settings.ForwardUnlisted,
            EgressAddresses = egress,
            EgressRules = rules,
            Notes = [.. request.Notes],
        };
    }
}
