using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>
/// One CNI: how it is recognised, and what it makes of a cluster. <see cref="CniProfiles"/> lists them all.
/// </summary>
internal interface ICniProfile
{
    /// <summary>As <c>--cni</c> takes it.</summary>
    string Name { get; }

    /// <summary>What in the manifests shows it; null where nothing does.</summary>
    CniEvidence? Recognise(ClusterSnapshot snapshot);

    /// <summary>Who enforces NetworkPolicies where nothing else is asked for.</summary>
    PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings);

    /// <summary>The CNI's own rules for what leaves the cluster; what of its objects has no effect is noted.</summary>
    ImmutableArray<EgressRuleSet> EgressRulesOf(
        ClusterSnapshot snapshot, EmulationSettings settings, List<string> notes) => [];

    /// <summary>Whose service look-up it comes with: <c>iptables</c> where that is left to kube-proxy.</summary>
    string DefaultProxyOf(ClusterSnapshot snapshot);

    NetworkModel Compile(CniRequest request);
}
