using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>One CNI: how it is recognised, and what it makes of a cluster. <see cref="CniProfiles"/> lists them all.</summary>
internal interface ICniProfile
{
    /// <summary>As <c>--cni</c> takes it.</summary>
    string Name { get; }

    /// <summary>What in the manifests shows it; null where nothing does.</summary>
    CniEvidence? Recognise(ClusterSnapshot snapshot);

    /// <summary>Who enforces NetworkPolicies where nothing else is asked for.</summary>
    PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot);

    /// <summary>Whose service look-up it comes with: <c>iptables</c> where that is left to kube-proxy.</summary>
    string DefaultProxyOf(ClusterSnapshot snapshot);

    NetworkModel Compile(CniRequest request);
}
