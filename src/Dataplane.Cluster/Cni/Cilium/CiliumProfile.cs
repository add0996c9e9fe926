using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// Cilium: routed veths, tunnels that carry the sender's identity as their VNI and the frame as the pod sent it
/// (cilium's bpf/lib/encap.h), or native routing.
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
        TunnelSettings? tunnel = CiliumTunnels.Make(configuration, request);
        ReturnSettings? directReturn = CiliumReturns.Make(configuration, tunnel, request);
        bool hasEgress = CiliumEgress.IsOn(configuration, request);
        TunnelSettings? any = tunnel ?? (hasEgress || directReturn is { IsByGeneve: true }
            ? CiliumTunnels.MakeBeside(configuration, request)
            : null);
        CniMtus mtus = CiliumTunnels.MakeMtus(configuration, any, request);
        ImmutableArray<NodeNetwork> nodes = CiliumNodes.Compile(mtus, request);
        ImmutableArray<PodNetwork> pods = CiliumIdentities.Give(
            CniPods.Compile(request), hasEgress ? any : tunnel, request);
        ImmutableArray<EgressAssignment> egress = hasEgress ? CiliumEgress.Compile(pods, nodes, request) : [];
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = request.Snapshot,
            Nodes = CniEgress.Hold(nodes, egress),
            Pods = pods,
            Attachment = settings.PodAttachment ?? PodAttachment.Routed,
            Tunnel = any,
            Hops = any is null ? new HopCosts()
                : new HopCosts { PodToTunnel = 0, OutsideToTunnel = 0, TunnelToPod = 1, PodToPod = 1 },
            Direct = tunnel is null ? DirectRouting.Always : DirectRouting.Never,
            Masquerade = configuration.Masquerade,
            ClusterCidrs = ClusterNetworks.Choose(
                request, configuration.ClusterCidrs(isNative: tunnel is null), nodes.SelectMany(node => node.PodCidrs),
                DefaultNetwork, new AssumptionWords("cilium", "cilium-config's cluster-pool-ipv4-cidr says another")),
            DirectReturn = directReturn,
            EgressAddresses = egress,
            ForwardUnlisted = settings.ForwardUnlisted,
            Notes = [.. request.Notes],
        };
    }
}
