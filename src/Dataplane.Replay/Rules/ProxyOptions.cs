using Dataplane.Cluster.Settings;
using Dataplane.Engines.KubeProxy;

namespace Dataplane.Replay.Rules;

/// <summary>From settings to what kube-proxy's modes take.</summary>
public static class ProxyOptions
{
    public static KubeProxyOptions ForIptables(RulesRequest request)
    {
        ProxySettings proxy = request.Settings.Proxy;
        return new KubeProxyOptions
        {
            MasqueradeAll = proxy.MasqueradeAll,
            MasqueradeBit = proxy.MasqueradeBit,
            DetectLocal = proxy.DetectLocal.Mode switch
            {
                "NodeCIDR" => LocalDetection.NodeCidr,
                "BridgeInterface" => LocalDetection.BridgeInterface,
                "InterfaceNamePrefix" => LocalDetection.InterfaceNamePrefix,
                "none" => LocalDetection.None,
                _ => LocalDetection.ClusterCidr,
            },
            LocalInterface = proxy.DetectLocal.Interface,
            ClusterCidrs = proxy.ClusterCidrs.IsEmpty ? request.Network.ClusterCidrs : proxy.ClusterCidrs,
            NodePortAddresses = proxy.NodePortAddresses,
            LocalhostNodePorts = proxy.LocalhostNodePorts,
            RandomFully = proxy.RandomFully,
            TcpBeLiberal = proxy.TcpBeLiberal,
        };
    }
}
