using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>Nodes as every CNI has them: addresses, eth0, the way out; a profile adds its devices.</summary>
internal static class CniNodes
{
    /// <summary>A node with its InternalIPs, its eth0 and its MTUs.</summary>
    public static NodeNetwork Base(Node node, CniMtus mtus, EmulationSettings settings) => new()
    {
        Name = node.Name,
        Source = node.Source,
        PodCidrs = node.PodCidrs,
        UnderlayV4 = node.InternalIps.FirstOrDefault(address => address.IsV4),
        UnderlayV6 = node.InternalIps.FirstOrDefault(address => address.IsV6),
        OwnAddresses = [.. node.InternalIps.Distinct()],
        UnderlayMac = settings.NodeMacs.TryGetValue(node.Name, out MacAddress mac) ? mac
            : MadeUpMac.FromName(node.Name + "/eth0"),
        UnderlayMtu = mtus.Underlay,
        TunnelMtu = mtus.Tunnel,
        PodMtu = mtus.Pod,
        GatewayMac = settings.GatewayMac ?? MadeUpMac.FromName("fabric-gateway"),
        HasDefaultRoute = settings.HasGateway,
    };

    /// <summary>
    /// An address of the first prefix of that family, so far behind its own; none where there is no
    /// such prefix, or it is too small.
    /// </summary>
    public static IpAddress AddressIn(ImmutableArray<IpPrefix> prefixes, int family, uint offset)
    {
        foreach (IpPrefix prefix in prefixes)
        {
            if (prefix.Address.Family != family) continue;
            IpAddress address = prefix.Address.Plus(offset);
            return prefix.Contains(address) ? address : default;
        }

        return default;
    }

    /// <summary>Which nodes no pod traffic can reach, in one line for each cause.</summary>
    public static void NoteIncomplete(
        CniRequest request, IEnumerable<NodeNetwork> nodes, string podCidrs, string address)
    {
        string[] unnumbered = [.. nodes.Where(node => node.PodCidrs.IsEmpty).Select(node => node.Name)];
        if (unnumbered.Length > 0)
            request.Note($"without {podCidrs}, so no pod traffic goes there: {NameList.OfNodes(unnumbered)}");

        string[] unreachable = [.. nodes
            .Where(node => node.UnderlayV4.IsNone && node.UnderlayV6.IsNone).Select(node => node.Name)];
        if (unreachable.Length > 0)
            request.Note($"without {address}, so no pod traffic goes there: {NameList.OfNodes(unreachable)}");
    }

    public static void NoteMadeUpUnderlays(CniRequest request, IEnumerable<string> names)
    {
        string[] madeUp = [.. names.Where(name => !request.Settings.NodeMacs.ContainsKey(name))];
        if (madeUp.Length > 0)
            request.Note(
                $"eth0 MACs made up from node names for {NameList.OfNodes(madeUp)} (--set node.NAME.mac=MAC "
                + $"gives one)");
    }
}
