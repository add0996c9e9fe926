using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.KubeProxy;

/// <summary>kube-proxy's LocalTrafficDetector: what a rule asks to know whether a packet comes from a pod.</summary>
internal sealed class LocalTraffic
{
    private readonly string _option;
    private readonly string? _value;

    public LocalTraffic(KubeProxyOptions options, ProxyNode node, int family)
    {
        (_option, _value) = options.DetectLocal switch
        {
            LocalDetection.ClusterCidr => ("-s", Of(options.ClusterCidrs, family)),
            LocalDetection.NodeCidr => ("-s", Of(node.PodCidrs, family)),
            LocalDetection.BridgeInterface => ("-i", options.LocalInterface),
            LocalDetection.InterfaceNamePrefix => ("-i", options.LocalInterface + "+"),
            _ => ("", null),
        };
    }

    /// <summary>False: there is nothing to tell by, and kube-proxy leaves the rules out.</summary>
    public bool CanTell => _value is not null;

    public IptablesOption[] IfLocal => [new IptablesOption(_option, _value)];

    /// <summary>Options in iptables-save's order: source, destination, interface, protocol.</summary>
    public IptablesOption[] IfNotLocal(IptablesOption destination, IptablesOption protocol)
    {
        var notLocal = new IptablesOption(_option, _value, IsNegated: true);
        return _option == "-s" ? [notLocal, destination, protocol] : [destination, notLocal, protocol];
    }

    private static string? Of(IEnumerable<IpPrefix> prefixes, int family)
    {
        foreach (IpPrefix prefix in prefixes)
        {
            if (prefix.Address.Family == family) return prefix.ToString();
        }

        return null;
    }
}
