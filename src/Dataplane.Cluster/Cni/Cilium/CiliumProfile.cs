using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// Cilium: routed veths, tunnels that carry the sender's identity as their VNI and the frame as the pod sent it (cilium's
/// bpf/lib/encap.h), or native routing.
/// </summary>
internal sealed class CiliumProfile : ICniProfile
{
    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("10.0.0.0/8");

    public string Name => "cilium";

    public CniEvidence? Recognise(ClusterSnapshot snapshot) => EvidenceSearch.Strongest(
        EvidenceSearch.Annotation(snapshot, "network.cilium.io/", "io.cilium.network"),
        EvidenceSearch.Object("CiliumNode", snapshot.Cilium.Nodes, node => (node.Name, node.Source)),
        EvidenceSearch.Object(
            "CiliumEndpoint", snapshot.Cilium.Endpoints,
            endpoint => ($"{endpoint.Namespace}/{endpoint.Name}", endpoint.Source)),
        EvidenceSearch.ConfigMap(snapshot, CiliumConfiguration.ConfigMapName));

    public PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings) => PolicyEnforcer.Cilium;

    public string DefaultProxyOf(ClusterSnapshot snapshot) =>
        CiliumConfiguration.Read(snapshot, []).ReplacesKubeProxy ? "ebpf" : "iptables";

    public NetworkModel Compile(CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        var configuration = CiliumConfiguration.Read(request.Snapshot, request.Notes);
        if (configuration.ReplacesKubeProxy && configuration.LoadBalancerMode is "dsr" or "hybrid")
            request.Note(
                $"{configuration.Source}: cilium-config's bpf-lb-mode {configuration.LoadBalancerMode} is not emulated: replies to the outside come "
                + "back by the node that it asked, as with snat");

        TunnelSettings? tunnel = CiliumTunnels.Make(configuration, request);
        CniMtus mtus = CiliumTunnels.MakeMtus(configuration, tunnel, request);
        ImmutableArray<NodeNetwork> nodes = CiliumNodes.Compile(mtus, request);
        ImmutableArray<PodNetwork> pods = CiliumIdentities.Give(CniPods.Compile(request), tunnel, request);
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = request.Snapshot,
            Nodes = nodes,
            Pods = pods,
            Attachment = settings.PodAttachment ?? PodAttachment.Routed,
            Tunnel = tunnel,
            Hops = tunnel is null ? new HopCosts()
                : new HopCosts { PodToTunnel = 0, TunnelToPod = 1, PodToPod = 1 },
            Direct = tunnel is null ? DirectRouting.Always : DirectRouting.Never,
            Masquerade = configuration.Masquerade,
            ClusterCidrs = ClusterNetworks.Choose(
                request, configuration.ClusterCidrs(isNative: tunnel is null), nodes.SelectMany(node => node.PodCidrs),
                DefaultNetwork, new AssumptionWords("cilium", "cilium-config's cluster-pool-ipv4-cidr says another")),
            ForwardUnlisted = settings.ForwardUnlisted,
            Notes = [.. request.Notes],
        };
    }
}
