using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>
/// Calico with its own IPAM: routed veths behind 169.254.1.1, blocks by BGP, IPIP or VXLAN as the pool says (Felix's
/// dataplane/linux, libcalico-go's lib/ipam).
/// </summary>
internal sealed class CalicoProfile : ICniProfile
{
    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("192.168.0.0/16");

    public string Name => "calico";

    public CniEvidence? Recognise(ClusterSnapshot snapshot) => EvidenceSearch.Strongest(
        EvidenceSearch.Annotation(snapshot, CalicoAnnotations.Prefix),
        EvidenceSearch.Object("IPPool", snapshot.Calico.Pools, pool => (pool.Name, pool.Source)),
        EvidenceSearch.Object(
            "BlockAffinity", snapshot.Calico.Affinities, affinity => (affinity.Name, affinity.Source)),
        EvidenceSearch.Object("IPAMBlock", snapshot.Calico.Blocks, block => (block.Name, block.Source)),
        EvidenceSearch.ConfigMap(snapshot, "calico-config"));

    public PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings) => PolicyEnforcer.Calico;

    public string DefaultProxyOf(ClusterSnapshot snapshot) =>
        CalicoFelixSettings.Of(snapshot).BpfEnabled ? "ebpf" : "iptables";

    public NetworkModel Compile(CniRequest request)
    {
        ImmutableArray<CalicoAnnotations> annotations = [.. request.Snapshot.Nodes
            .Select(node => CalicoAnnotations.Read(node, request.Notes))];
        ImmutableArray<PodNetwork> pods = CniPods.Compile(request);
        CalicoPlan plan = CalicoPlan.Make(request, pods);
        CalicoBlocks blocks = CalicoBlocks.Find(request, pods);
        ImmutableArray<NodeNetwork> nodes = CalicoNodes.Compile(annotations, plan, blocks, request);
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = request.Snapshot,
            Nodes = nodes,
            Pods = pods,
            Attachment = request.Settings.PodAttachment ?? PodAttachment.Routed,
            Tunnel = plan.V4.Tunnel,
            TunnelV6 = plan.V6.Tunnel,
            Direct = plan.V4.Direct,
            DirectV6 = plan.HasV6 ? plan.V6.Direct : null,
            Masquerade = plan.Masquerade,
            ClusterCidrs = ClusterNetworks.Choose(
                request, request.Snapshot.Calico.Pools.Select(pool => pool.Cidr),
                nodes.SelectMany(node => node.PodCidrs), DefaultNetwork,
                new AssumptionWords("calico", "the IPPools say")),
            ForwardUnlisted = request.Settings.ForwardUnlisted,
            Notes = [.. request.Notes],
        };
    }
}
