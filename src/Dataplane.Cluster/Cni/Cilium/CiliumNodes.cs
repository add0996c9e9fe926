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

        HashSet<IpAddress> taken = [.. request.Snapshot.Pods.SelectMany(pod => pod.Addresses)];
        ImmutableArray<NodeNetwork> nodes = [.. request.Snapshot.Nodes
            .Select(node => Compile(node, known.GetValueOrDefault(node.Name), taken, mtus, request.Settings))];
        NoteAssumed(request, known);
        CniNodes.NoteIncomplete(
            request, nodes, "podCIDRs in CiliumNode or Node", "an InternalIP in CiliumNode or Node");
        CniNodes.NoteMadeUpUnderlays(request, nodes.Select(node => node.Name));
        return nodes;
    }

    private static NodeNetwork Compile(
        Node node, CiliumNode? cilium, HashSet<IpAddress> taken, CniMtus mtus, EmulationSettings settings)
    {
        NodeNetwork network = CniNodes.Base(node, mtus, settings);
        ImmutableArray<IpAddress> internals =
            cilium is null || cilium.InternalIps.IsEmpty ? node.InternalIps : cilium.InternalIps;
        ImmutableArray<IpPrefix> podCidrs = cilium is null || cilium.PodCidrs.IsEmpty ? node.PodCidrs : cilium.PodCidrs;
        IpAddress routerV4 = RouterAddress(cilium, podCidrs, 4, taken);
        IpAddress routerV6 = RouterAddress(cilium, podCidrs, 6, taken);
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        MacAddress host = bridgeMacKnown ? bridgeMac : MadeUpMac.FromName(node.Name + "/lxc");
        return network with
        {
            PodCidrs = podCidrs,
            UnderlayV4 = internals.FirstOrDefault(address => address.IsV4),
            UnderlayV6 = internals.FirstOrDefault(address => address.IsV6),
            OwnAddresses = [.. node.InternalIps.Concat(internals).Distinct()],
            BridgeV4 = routerV4,
            BridgeV6 = routerV6,

            // What is masqueraded into the tunnel gets cilium_host's address (bpf/lib/nodeport.h, IPV4_GATEWAY).
            TunnelV4 = routerV4,
            TunnelV6 = routerV6,
            BridgeMac = host,
            BridgeMacKnown = bridgeMacKnown,
            RouterMac = host,
            TunnelMac = settings.VtepMacs.TryGetValue(node.Name, out MacAddress mac) ? mac
                : MadeUpMac.FromName(node.Name + "/cilium_tunnel"),
            TunnelId = RemoteNode,
        };
    }

    /// <summary>cilium_host's: CiliumNode's, else the first that no pod has.</summary>
    private static IpAddress RouterAddress(
        CiliumNode? cilium, ImmutableArray<IpPrefix> podCidrs, int family, HashSet<IpAddress> taken)
    {
        IpAddress known = cilium?.RouterIps.FirstOrDefault(address => address.Family == family) ?? default;
        for (uint offset = 1; known.IsNone && offset <= taken.Count + 1; offset++)
        {
            IpAddress candidate = CniNodes.AddressIn(podCidrs, family, offset);
            if (candidate.IsNone) break;
            if (!taken.Contains(candidate)) known = candidate;
        }

        return known;
    }

    private static void NoteAssumed(CniRequest request, Dictionary<string, CiliumNode> known)
    {
        string[] missing = [.. request.Snapshot.Nodes
            .Where(node => !known.ContainsKey(node.Name)).Select(node => node.Name)];
        if (missing.Length > 0)
            request.Note(
                $"no CiliumNode in the manifests, podCIDRs of the Node are taken: {NameList.OfNodes(missing)}");

        string[] unrouted = [.. request.Snapshot.Nodes
            .Where(node => known.GetValueOrDefault(node.Name)?.RouterIps.IsEmpty ?? true).Select(node => node.Name)];
        if (unrouted.Length > 0)
            request.Note(
                "no CiliumInternalIP in the manifests, "
                + "the first free address of the podCIDR is assumed for cilium_host: "
                + NameList.OfNodes(unrouted));

        request.Note("MACs of the nodes' ends of veths made up, where the capture does not show them (lxc devices)");
    }
}
