using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>Names of one port's chains, and which of them there will be.</summary>
internal readonly struct PortChains(NodeServicePort view)
{
    private readonly string _hash = ChainName.HashOf(view.Port);

    public string Cluster => ChainName.Service + _hash;

    public string Local => ChainName.ServiceLocal + _hash;

    public string External => ChainName.External + _hash;

    public string Firewall => ChainName.Firewall + _hash;

    /// <summary>Where the cluster IP's traffic goes.</summary>
    public string Internal => view.Port.IsInternalPolicyLocal ? Local : Cluster;

    public bool HasInternal => view.HasAnywhere && !(view.Port.IsInternalPolicyLocal && view.Local.IsEmpty);

    public bool HasExternal => view.HasAnywhere && !(view.Port.IsExternalPolicyLocal && view.Local.IsEmpty);

    public bool HasFirewall =>
        view.HasAnywhere && !view.Port.LoadBalancerIps.IsEmpty && !view.Port.SourceRanges.IsEmpty;
}
