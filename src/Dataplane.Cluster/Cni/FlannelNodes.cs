using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>A node's devices and addresses as flanneld and the bridge plugin set them up.</summary>
internal static class FlannelNodes
{
    public static ImmutableArray<NodeNetwork> Compile(
        ImmutableArray<FlannelAnnotations> nodes, FlannelPlan plan, EmulationSettings settings, List<string> notes)
    {
        NoteIncomplete(nodes, notes);
        NoteMadeUp(nodes, plan, settings, notes);
        MacAddress gateway = settings.GatewayMac ?? MadeUpMac.FromName("fabric-gateway");
        return [.. nodes.Select(node => Compile(node, plan, settings, gateway))];
    }

    /// <summary>
    /// The address that flannel takes for its outer headers: the annotation's, else the first InternalIP.
    /// </summary>
    public static IpAddress Underlay(FlannelAnnotations node, int family)
    {
        IpAddress annotated = family == 4 ? node.PublicV4 : node.PublicV6;
        return annotated.IsNone ? node.Node.InternalIps.FirstOrDefault(address => address.Family == family) : annotated;
    }

    private static NodeNetwork Compile(FlannelAnnotations annotations, FlannelPlan plan, EmulationSettings settings,
        MacAddress gateway)
    {
        Node node = annotations.Node;
        bool isTunnel = plan.Tunnel is not null;
        IpAddress bridgeV4 = PodCidrAddress(node, 4, offset: 1);
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        return new NodeNetwork
        {
            Name = node.Name,
            Source = node.Source,
            PodCidrs = node.PodCidrs,
            UnderlayV4 = Underlay(annotations, 4),
            UnderlayV6 = Underlay(annotations, 6),
            OwnAddresses = [.. node.InternalIps
                .Concat([annotations.PublicV4, annotations.PublicV6]).Where(address => !address.IsNone).Distinct()],
            UnderlayMac = settings.NodeMacs.TryGetValue(node.Name, out MacAddress mac) ? mac
                : MadeUpMac.FromName(node.Name + "/eth0"),
            BridgeMac = bridgeMacKnown ? bridgeMac : MadeUpMac.FromAddress(bridgeV4, node.Name + "/cni0"),
            BridgeMacKnown = bridgeMacKnown,
            BridgeV4 = bridgeV4,
            BridgeV6 = PodCidrAddress(node, 6, offset: 1),
            TunnelV4 = isTunnel ? PodCidrAddress(node, 4, offset: 0) : default,
            TunnelV6 = isTunnel ? PodCidrAddress(node, 6, offset: 0) : default,
            TunnelMac = isTunnel ? KnownTunnelMac(annotations, settings) ?? MadeUpMac.FromName(node.Name) : default,
            UnderlayMtu = plan.UnderlayMtu,
            TunnelMtu = plan.TunnelMtu,
            PodMtu = plan.PodMtu,
            GatewayMac = gateway,
            HasDefaultRoute = settings.HasGateway,
        };
    }

    private static MacAddress? KnownTunnelMac(FlannelAnnotations node, EmulationSettings settings) =>
        settings.VtepMacs.TryGetValue(node.Node.Name, out MacAddress mac) ? mac : node.VtepMac;

    /// <summary>
    /// An address of the node's first podCIDR of that family; none where there is no such podCIDR, or it is too small.
    /// </summary>
    private static IpAddress PodCidrAddress(Node node, int family, uint offset)
    {
        foreach (IpPrefix prefix in node.PodCidrs)
        {
            if (prefix.Address.Family != family) continue;
            IpAddress address = prefix.Address.Plus(offset);
            return prefix.Contains(address) ? address : default;
        }

        return default;
    }

    private static void NoteIncomplete(ImmutableArray<FlannelAnnotations> nodes, List<string> notes)
    {
        string[] unnumbered = [.. nodes.Where(node => node.Node.PodCidrs.IsEmpty).Select(node => node.Node.Name)];
        if (unnumbered.Length > 0)
            notes.Add($"without a podCIDR, so no pod traffic goes there: {NameList.OfNodes(unnumbered)}");

        string[] unreachable = [.. nodes
            .Where(node => Underlay(node, 4).IsNone && Underlay(node, 6).IsNone).Select(node => node.Node.Name)];
        if (unreachable.Length > 0)
            notes.Add(
                $"without an InternalIP or public-ip annotation, so no pod traffic goes there: "
                + $"{NameList.OfNodes(unreachable)}");
    }

    private static void NoteMadeUp(
        ImmutableArray<FlannelAnnotations> nodes, FlannelPlan plan, EmulationSettings settings, List<string> notes)
    {
        FlannelAnnotations[] vteps = plan.Tunnel is null ? []
            : [.. nodes.Where(node => KnownTunnelMac(node, settings) is null)];
        if (vteps.Length > 0)
        {
            string why = vteps.Any(node => node.IsPresent) ? "no VtepMAC in flannel's annotations"
                : "no flannel annotations";
            notes.Add(
                $"VTEP MACs made up from node names for "
                + $"{NameList.OfNodes([.. vteps.Select(node => node.Node.Name)])} ({why})");
        }

        string[] underlays = [.. nodes.Select(node => node.Node.Name)
            .Where(name => !settings.NodeMacs.ContainsKey(name))];
        if (underlays.Length > 0)
            notes.Add(
                $"eth0 MACs made up from node names for {NameList.OfNodes(underlays)} (--set node.NAME.mac=MAC "
                + $"gives one)");
    }
}
