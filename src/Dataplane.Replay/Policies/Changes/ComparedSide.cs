using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>One of two sets of manifests that are compared: what is enforced in it, and its judge.</summary>
internal sealed class ComparedSide
{
    private readonly string _cni;
    private readonly EmulationSettings _settings;
    private readonly PolicyModel _model;
    private ReachJudge? _judge;

    private ComparedSide(
        string cni, ClusterSnapshot snapshot, PolicyEnforcement enforcement, EmulationSettings settings)
    {
        _cni = cni;
        _settings = settings;
        _model = EnforcedPolicies.ModelOf(enforcement, snapshot, CniProfiles.EgressRules(cni, snapshot, settings));
        Enforcement = enforcement;
        Ends = new ReachEnds(_model);
    }

    public PolicyEnforcement Enforcement { get; }

    /// <summary>Who is judged; addresses outside are added before the judge is asked for.</summary>
    public ReachEnds Ends { get; }

    public ReachJudge Judge => _judge ??= new ReachJudge(_model, Enforcement, Ends.All);

    /// <summary>None where nobody enforces any.</summary>
    public IEnumerable<CompiledRule> Rules => Enforcement.Enforcer == PolicyEnforcer.None ? [] : _model.Rules;

    /// <param name="snapshot">The manifests.</param>
    /// <param name="cni">As <c>--cni</c> names it; null: recognised.</param>
    /// <param name="settings">Of <c>--set</c>.</param>
    public static ComparedSide Of(ClusterSnapshot snapshot, string? cni, EmulationSettings settings) =>
        new(CniCatalog.Resolve(cni, snapshot).Name, snapshot, PolicyEnforcement.Of(snapshot, cni, settings), settings);

    public PolicyOutcome Outcome(ReachVerdict verdict) => PolicyOutcome.Of(_model, verdict);

    /// <summary>Where nobody is outside: the network of pods, as far as it is known, and every pod.</summary>
    public IEnumerable<IpPrefix> Inside()
    {
        ClusterSnapshot snapshot = _model.Snapshot;
        IEnumerable<IpPrefix> pods = Enumerable.Range(0, Ends.PodCount).Select(Ends.PodOf)
            .Where(pod => !pod.HostNetwork)
            .SelectMany(pod => pod.Addresses)
            .Select(address => new IpPrefix(address, address.Bits));
        if (snapshot.Nodes.IsEmpty) return pods;

        NetworkModel network = CniProfiles.Compile(_cni, snapshot, _settings, Enforcement);
        return [.. network.ClusterCidrs, .. network.Nodes.SelectMany(node => node.PodCidrs), .. pods];
    }
}
