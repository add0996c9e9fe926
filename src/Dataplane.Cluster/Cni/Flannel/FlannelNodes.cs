using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>A node's devices and addresses as flanneld and the bridge plugin set them up.</summary>
internal static class FlannelNodes
{
    public static ImmutableArray<NodeNetwork> Compile(
        ImmutableArray<FlannelAnnotations> annotations, FlannelPlan plan, CniRequest request)
    {
        ImmutableArray<NodeNetwork> nodes = [.. annotations.Select(node => Compile(node, plan, request.Settings))];
        CniNodes.NoteIncomplete(request, nodes, "a podCIDR", "an InternalIP or public-ip annotation");
        if (plan.HasVteps) NoteMadeUpVteps(annotations, request);
        CniNodes.NoteMadeUpUnderlays(request, nodes.Select(node => node.Name));
        return nodes;
    }

    /// <summary>
    /// The address that flannel takes for its outer headers: the annotation's, else the first InternalIP.
    /// </summary>
    public static IpAddress Underlay(FlannelAnnotations node, int family)
    {
        IpAddress annotated = family == 4 ? node.PublicV4 : node.PublicV6;
        return annotated.IsNone ? node.Node.InternalIps.FirstOrDefault(address => address.Family == family) : annotated;
    }

    private static NodeNetwork Compile(FlannelAnnotations annotations, FlannelPlan plan, EmulationSettings settings)
    {
        Node node = annotations.Node;
        bool isTunnel = plan.Tunnel is not null;
        IpAddress bridgeV4 = CniNodes.AddressIn(node.PodCidrs, 4, offset: 1);
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        NodeNetwork network = CniNodes.Base(node, plan.Mtus, settings);
        return network with
        {
            UnderlayV4 = Underlay(annotations, 4),
            UnderlayV6 = Underlay(annotations, 6),
            OwnAddresses = [.. network.OwnAddresses
                .Concat([annotations.PublicV4, annotations.PublicV6]).Where(address => !address.IsNone).Distinct()],
            BridgeMac = bridgeMacKnown ? bridgeMac : MadeUpMac.FromAddress(bridgeV4, node.Name + "/cni0"),
            BridgeMacKnown = bridgeMacKnown,
            BridgeV4 = bridgeV4,
            BridgeV6 = CniNodes.AddressIn(node.PodCidrs, 6, offset: 1),
            TunnelV4 = isTunnel ? CniNodes.AddressIn(node.PodCidrs, 4, offset: 0) : default,
            TunnelV6 = plan.HasVteps ? CniNodes.AddressIn(node.PodCidrs, 6, offset: 0) : default,
            TunnelMac = plan.HasVteps
                ? KnownTunnelMac(annotations, settings) ?? MadeUpMac.FromName(node.Name)
                : default,
            TunnelMacV6 = plan.TunnelV6 is null ? default
                : annotations.VtepMacV6 ?? MadeUpMac.FromName(node.Name + "/v6"),
        };
    }

    private static MacAddress? KnownTunnelMac(FlannelAnnotations node, EmulationSettings settings) =>
        settings.VtepMacs.TryGetValue(node.Node.Name, out MacAddress mac) ? mac : node.VtepMac;

    private static void NoteMadeUpVteps(ImmutableArray<FlannelAnnotations> nodes, CniRequest request)
    {
        FlannelAnnotations[] vteps = [.. nodes.Where(node => KnownTunnelMac(node, request.Settings) is null)];
        if (vteps.Length == 0) return;

        string why = vteps.Any(node => node.IsPresent) ? "no VtepMAC in flannel's annotations"
            : "no flannel annotations";
        request.Note(
            $"VTEP MACs made up from node names for "
            + $"{NameList.OfNodes([.. vteps.Select(node => node.Node.Name)])} ({why})");
    }
}
