using Dataplane.Engines.Iptables;

namespace Dataplane.Replay.Proxies;

/// <summary>The devices that rules may name, under the names that Flannel's nodes have for them.</summary>
internal static class NodeDevices
{
    public static RuleQuery QueryOf(ProxyRequest request, InterfaceNames names)
    {
        ushort bridge = names.NumberOf("cni0");
        ushort underlay = names.NumberOf("eth0");
        ushort tunnel = names.NumberOf(request.Network.Tunnel?.Device ?? "flannel.1");
        ushort loopback = names.NumberOf("lo");
        return new RuleQuery(request.Topology, bridge, underlay, tunnel, loopback);
    }
}
