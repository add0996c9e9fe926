using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OpenShiftSdn;

/// <summary>A node's subnet and tun0, its pods' gateway, as HostSubnet has them.</summary>
internal static class OpenShiftNodes
{
    public static ImmutableArray<NodeNetwork> Compile(CniMtus mtus, CniRequest request)
    {
        Dictionary<string, HostSubnet> subnets = [];
        foreach (HostSubnet subnet in request.Snapshot.OpenShift.HostSubnets) subnets.TryAdd(subnet.Host, subnet);

        ImmutableArray<NodeNetwork> nodes = [.. request.Snapshot.Nodes
            .Select(node => Compile(node, subnets.GetValueOrDefault(node.Name), mtus, request.Settings))];
        string[] missing = [.. request.Snapshot.Nodes
            .Where(node => !subnets.ContainsKey(node.Name)).Select(node => node.Name)];
        if (missing.Length > 0)
            request.Note(
                $"no HostSubnet in the manifests, podCIDRs of the Node are taken: {NameList.OfNodes(missing)}");

        CniNodes.NoteIncomplete(request, nodes, "a HostSubnet or podCIDR", "a hostIP or InternalIP");
        CniNodes.NoteMadeUpUnderlays(request, nodes.Select(node => node.Name));
        return nodes;
    }

    private static NodeNetwork Compile(Node node, HostSubnet? subnet, CniMtus mtus, EmulationSettings settings)
    {
        NodeNetwork network = CniNodes.Base(node, mtus, settings);
        ImmutableArray<IpPrefix> podCidrs = subnet is null ? node.PodCidrs : [subnet.Subnet];
        IpAddress gateway = CniNodes.AddressIn(podCidrs, 4, offset: 1);
        IpAddress host = subnet is { HostIp.IsV4: true } ? subnet.HostIp : network.UnderlayV4;
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        MacAddress tun0 = bridgeMacKnown ? bridgeMac : MadeUpMac.FromAddress(gateway, node.Name + "/tun0");
        return network with
        {
            PodCidrs = podCidrs,
            UnderlayV4 = host,
            OwnAddresses = [.. network.OwnAddresses.Append(host).Where(address => !address.IsNone).Distinct()],
            BridgeV4 = gateway,

            // tun0 is the nodes' one device towards all pods: what is masqueraded to them has its address.
            TunnelV4 = gateway,
            BridgeMac = tun0,
            BridgeMacKnown = bridgeMacKnown,
            RouterMac = tun0,
        };
    }
}
