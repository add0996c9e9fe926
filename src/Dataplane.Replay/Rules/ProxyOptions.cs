using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Ipvs;
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

    /// <exception cref="InvalidDataException">The scheduler is none of IPVS's.</exception>
    public static KubeProxyIpvsOptions ForIpvs(EmulationSettings settings, NetworkModel network)
    {
        ProxySettings proxy = settings.Proxy;
        string name = settings.IpvsScheduler;
        if (!IpvsSchedulerNames.TryParse(name, out IpvsScheduler scheduler))
            throw new InvalidDataException($"ipvs.scheduler {name} is none of IPVS's");

        return new KubeProxyIpvsOptions
        {
            Scheduler = scheduler,
            MasqueradeAll = proxy.MasqueradeAll,
            RandomFully = proxy.RandomFully,
            ClusterCidrs = proxy.ClusterCidrs.IsEmpty ? network.ClusterCidrs : proxy.ClusterCidrs,
            NodePortAddresses = proxy.NodePortAddresses,
        };
    }
}
