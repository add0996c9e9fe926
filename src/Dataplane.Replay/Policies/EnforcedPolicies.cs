using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Pipeline;

namespace Dataplane.Replay.Policies;

/// <summary>The policies of a run: what they mean, and the tables that packets are judged by.</summary>
public sealed class EnforcedPolicies : IDisposable
{
    private readonly IDisposable? _tables;

    internal EnforcedPolicies(PolicyModel model, string style, IPolice police, IDisposable? tables)
    {
        Model = model;
        Style = style;
        Police = police;
        _tables = tables;
    }

    public PolicyModel Model { get; }

    /// <summary>The engine's name: chains, acls, identities or projects.</summary>
    public string Style { get; }

    public IPolice Police { get; }

    /// <summary>Null where nobody enforces policies, or there are none.</summary>
    public static EnforcedPolicies? Compile(PolicyEnforcement enforcement, NetworkModel network, Topology topology)
    {
        if (enforcement.Enforcer == PolicyEnforcer.None) return null;

        bool isByProject = enforcement.Enforcer == PolicyEnforcer.Projects;
        ClusterSnapshot snapshot = network.Snapshot;
        bool isEmpty = !isByProject && network.EgressRules.IsEmpty && snapshot.NetworkPolicies.IsEmpty
            && snapshot.AdminNetworkPolicies.IsEmpty
            && snapshot.BaselineAdminNetworkPolicies.IsEmpty;
        if (isEmpty) return null;

        return PipelineCatalog.Compile(
            enforcement.Enforcer, ModelOf(enforcement, snapshot, network.EgressRules), network, topology);
    }

    /// <summary>What is enforced, whoever asks: packets, reach, comparisons.</summary>
    internal static PolicyModel ModelOf(
        PolicyEnforcement enforcement, ClusterSnapshot snapshot, ImmutableArray<EgressRuleSet> egress) =>
        PolicyModelCompiler.Compile(
            enforcement.Enforcer == PolicyEnforcer.Projects ? WithoutPolicies(snapshot) : snapshot, egress);

    private static ClusterSnapshot WithoutPolicies(ClusterSnapshot snapshot) =>
        snapshot with { NetworkPolicies = [], AdminNetworkPolicies = [], BaselineAdminNetworkPolicies = [] };

    public void Dispose() => _tables?.Dispose();
}
