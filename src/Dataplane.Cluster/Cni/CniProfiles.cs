using System.Collections.Immutable;
using Dataplane.Cluster.Cni.Calico;
using Dataplane.Cluster.Cni.Cilium;
using Dataplane.Cluster.Cni.Flannel;
using Dataplane.Cluster.Cni.OpenShiftSdn;
using Dataplane.Cluster.Cni.OvnKubernetes;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>Every CNI that is built, by name; a new one is a folder of its own and a line here.</summary>
public static class CniProfiles
{
    internal static ImmutableArray<ICniProfile> All { get; } =
    [
        new FlannelProfile(), new CalicoProfile(), new CiliumProfile(), new OpenShiftSdnProfile(),
        new OvnKubernetesProfile(),
    ];

    public static IEnumerable<string> Names => All.Select(profile => profile.Name);

    /// <summary>What the CNI of that name makes of a cluster.</summary>
    /// <exception cref="InvalidDataException">A name in a setting is unknown, or an object cannot be used.</exception>
    public static NetworkModel Compile(string name, ClusterSnapshot snapshot, EmulationSettings settings) =>
        Compile(name, snapshot, settings, PolicyEnforcement.Of(snapshot, name, settings));

    /// <summary>With somebody's enforcement of policies beside it: Calico's brings its routed veths.</summary>
    public static NetworkModel Compile(
        string name, ClusterSnapshot snapshot, EmulationSettings settings, PolicyEnforcement enforcement)
    {
        SettingNames.Check(snapshot, settings);
        return Of(name).Compile(new CniRequest(snapshot, settings, enforcement));
    }

    /// <summary>Whose service look-up the CNI uses by default, as <c>--proxy</c> takes it.</summary>
    public static string DefaultProxy(string name, ClusterSnapshot snapshot) => Of(name).DefaultProxyOf(snapshot);

    /// <summary>What the CNI of that name lets namespaces send out of the cluster, beside NetworkPolicies.</summary>
    public static ImmutableArray<EgressRuleSet> EgressRules(
        string name, ClusterSnapshot snapshot, EmulationSettings settings) =>
        Of(name).EgressRulesOf(snapshot, settings, []);

    internal static ICniProfile Of(string name) =>
        All.FirstOrDefault(profile => profile.Name == name)
        ?? throw new InvalidDataException(
            $"unknown CNI {SettingValues.Show(name)} (known: {string.Join(", ", Names)})");
}
