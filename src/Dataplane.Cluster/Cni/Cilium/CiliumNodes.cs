using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>A node's addresses and devices as its agent has them in CiliumNode.</summary>
internal static class CiliumNodes
{
    /// <summary>remote-node: what a node sends itself is never sent as host (1).</summary>
    private const uint RemoteNode = 6;

    public static ImmutableArray<NodeNetwork> Compile(CniMtus mtus, CniRequest request)
    {
        Dictionary<string, CiliumNode> known = [];
        foreach (CiliumNode node in request.Snapshot.Cilium.Nodes) known.TryAdd(node.Name, node);

        ImmutableArray<NodeNetwork> nodes = [.. request.Snapshot.Nodes
            .Select(node => Compile(node, known.GetValueOrDefault(node.Name), mtus, request.Settings))];
        NoteAssumed(request, known);
        CniNodes.NoteIncomplete(
            request, nodes, "podCIDRs in CiliumNode or Node", "an InternalIP in CiliumNode or Node");
        CniNodes.NoteMadeUpUnderlays(request, nodes.Select(node => node.Name));
        return nodes;
    }

    private static NodeNetwork Compile(Node node, CiliumNode? cilium, CniMtus mtus, EmulationSettings settings)
    {
        NodeNetwork network = CniNodes.Base(node, mtus, settings);
        ImmutableArray<IpAddress> internals = cilium is null || cilium.InternalIps.IsEmpty ? node.InternalIps : cilium.InternalIps;
        ImmutableArray<IpAddress> routers = cilium?.RouterIps ?? [];
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        MacAddress host = bridgeMacKnown ? bridgeMac : MadeUpMac.FromName(node.Name + "/lxc");
        return network with
        {
            PodCidrs = cilium is null || cilium.PodCidrs.IsEmpty ? node.PodCidrs : cilium.PodCidrs,
            UnderlayV4 = internals.FirstOrDefault(address => address.IsV4),
            UnderlayV6 = internals.FirstOrDefault(address => address.IsV6),
            OwnAddresses = [.. node.InternalIps.Concat(internals).Distinct()],
            BridgeV4 = routers.FirstOrDefault(address => address.IsV4),
            BridgeV6 = routers.FirstOrDefault(address => address.IsV6),
            BridgeMac = host,
            BridgeMacKnown = bridgeMacKnown,
            RouterMac = host,
            TunnelMac = settings.VtepMacs.TryGetValue(node.Name, out MacAddress mac) ? mac
                : MadeUpMac.FromName(node.Name + "/cilium_tunnel"),
            TunnelId = RemoteNode,
        };
    }

    private static void NoteAssumed(CniRequest request, Dictionary<string, CiliumNode> known)
    {
        string[] missing = [.. request.Snapshot.Nodes
            .Where(node => !known.ContainsKey(node.Name)).Select(node => node.Name)];
        if (missing.Length > 0)
            request.Note($"no CiliumNode in the manifests, podCIDRs of the Node are taken: {NameList.OfNodes(missing)}");

        request.Note("MACs of the nodes' ends of veths made up, where the capture does not show them (lxc devices)");
    }
}
