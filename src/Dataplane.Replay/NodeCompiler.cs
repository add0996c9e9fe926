using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>Nodes as the stages see them: their own devices, and what others need to know to reach them.</summary>
internal static class NodeCompiler
{
    public static NativeArray<NodeEntry> Nodes(NetworkModel model, AddressNames names)
    {
        var compiled = new NativeArray<NodeEntry>(model.Nodes.Length);
        for (int index = 0; index < model.Nodes.Length; index++)
        {
            NodeNetwork node = model.Nodes[index];
            ref NodeEntry entry = ref compiled[index];
            entry.BridgeMac = TopologyCompiler.InMemory(node.RouterMac == default ? node.BridgeMac : node.RouterMac);
            entry.GatewayMac = TopologyCompiler.InMemory(node.GatewayMac);
            entry.UnderlayV6 = TopologyCompiler.Name(node.UnderlayV6, names);
            entry.BridgeV4 = TopologyCompiler.Name(node.BridgeV4, names);
            entry.BridgeV6 = TopologyCompiler.Name(node.BridgeV6, names);
            entry.TunnelV4 = TopologyCompiler.Name(node.TunnelV4, names);
            entry.TunnelV6 = TopologyCompiler.Name(node.TunnelV6, names);
            entry.UnderlayMtu = (ushort)node.UnderlayMtu;
            entry.TunnelMtu = (ushort)node.TunnelMtu;
            entry.TunnelMtuV6 = (ushort)TunnelMtuV6(node, model);
            entry.PodMtu = (ushort)node.PodMtu;
            entry.HasDefaultRoute = node.HasDefaultRoute;
            entry.BridgeMacKnown = node.BridgeMacKnown;
            entry.IsBeside = node.IsBeside;
            entry.GatewayV4 = TopologyCompiler.Name(node.GatewayV4, names);
            entry.TunnelId = node.TunnelId;
            entry.SwitchKey = node.SwitchKey;
            entry.RouterPortKey = node.RouterPortKey;
            entry.TransitPortKey = node.TransitPortKey;
        }

        return compiled;
    }

    // The kernel does not let it be more than its underlay carries
    // (drivers/net/vxlan/vxlan_core.c, vxlan_config_apply).
    private static int TunnelMtuV6(NodeNetwork node, NetworkModel model) => model.TunnelV6 is { } own
        ? Math.Min(node.TunnelMtu, node.UnderlayMtu - own.Overhead)
        : node.TunnelMtu;

    public static NativeArray<PeerEntry> Peers(
        NetworkModel model, TunnelSettings? tunnel, AddressNames names, uint seed, int onlyNode)
    {
        var compiled = new NativeArray<PeerEntry>(model.Nodes.Length);
        for (int index = 0; index < model.Nodes.Length; index++)
        {
            NodeNetwork node = model.Nodes[index];
            compiled[index] = new PeerEntry
            {
                UnderlayMac = TopologyCompiler.InMemory(node.UnderlayMac),
                TunnelMac = tunnel is null ? 0 : TopologyCompiler.InMemory(TunnelCompiler.MacOf(node, tunnel, model)),
                UnderlayV4 = TopologyCompiler.Name(node.UnderlayV4, names),
                IdPart = IdCounters.PartOf(TopologyCompiler.Name(node.UnderlayV4, names), seed),
                OuterUdpSum = tunnel is null ? 0 : TunnelCompiler.SumOfReceiver(
                    node, TunnelCompiler.MacOf(node, tunnel, model), tunnel),
                HasTunnel = tunnel is not null && !(tunnel.OuterFamily == 6 ? node.UnderlayV6 : node.UnderlayV4).IsNone,
                Segment = (ushort)node.Segment,
                IsEmulated = (onlyNode < 0 || onlyNode == index) && !node.IsBeside,
            };
        }

        return compiled;
    }
}
