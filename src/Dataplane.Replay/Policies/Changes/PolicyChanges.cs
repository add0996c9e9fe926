using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>
/// Compares two sets of manifests pair by pair: pods that both have, on their container ports or those that are asked for.
/// Pods that neither side's policies can tell apart are compared once.
/// </summary>
public sealed class PolicyChanges
{
    private readonly Side _old;
    private readonly Side _new;
    private readonly ImmutableArray<Subject> _pods;
    private readonly List<PolicyChange> _changes = [];

    private PolicyChanges(Side old, Side @new, ImmutableArray<ReachPort> ports)
    {
        _old = old;
        _new = @new;
        _pods = [.. PodsOfBoth(ports)];
    }

    /// <param name="old">Before.</param>
    /// <param name="new">After.</param>
    /// <param name="ports">Empty: the container ports of each destination, of both sides.</param>
    /// <param name="cni">As <c>--cni</c> names it; null: recognised.</param>
    /// <param name="settings">Of <c>--set</c>.</param>
    public static PolicyChangeReport Compare(
        ClusterSnapshot old, ClusterSnapshot @new, ImmutableArray<ReachPort> ports, string? cni, EmulationSettings settings)
    {
        var changes = new PolicyChanges(Side.Of(old, cni, settings), Side.Of(@new, cni, settings), ports);
        changes.CompareAll();
        return new PolicyChangeReport
        {
            Pods = [.. changes._pods.Select(pod => pod.Name)],
            Changes = [.. changes._changes],
            Notes = [.. changes.Notes()],
            Damage = [.. old.Findings.Concat(@new.Findings)
                .Where(finding => finding.Severity == Severity.Damage)
                .Select(finding => finding.ToString())
                .Distinct()],
        };
    }

    /// <summary>One of the two sets of manifests, with its judge.</summary>
    private sealed record Side(ReachEnds Ends, ReachJudge Judge, PolicyEnforcement Enforcement)
    {
        public static Side Of(ClusterSnapshot snapshot, string? cni, EmulationSettings settings)
        {
            PolicyModel model = PolicyModelCompiler.Compile(snapshot);
            var ends = new ReachEnds(model);
            PolicyEnforcement enforcement = PolicyEnforcement.Of(snapshot, cni, settings);
            return new Side(ends, new ReachJudge(model, enforcement, ends.All), enforcement);
        }

        public PolicyOutcome Outcome(ReachVerdict verdict) => PolicyOutcome.Of(Judge.Model, verdict);
    }

    /// <summary>A pod that both sides have, and where it stands among their ends.</summary>
    private sealed record Subject(string Name, int Old, int New, ImmutableArray<ReachPort> Ports);

    private IEnumerable<Subject> PodsOfBoth(ImmutableArray<ReachPort> ports)
    {
        for (int end = 0; end < _old.Ends.PodCount; end++)
        {
            string name = _old.Ends.All[end].Name;
            int other = _new.Ends.Find(name);
            if (other < 0 || other >= _new.Ends.PodCount) continue;

            yield return new Subject(name, end, other, ports.IsEmpty ? [.. PortsOf(end, other)] : ports);
        }
    }

    private IEnumerable<ReachPort> PortsOf(int old, int @new) => _old.Ends.PodOf(old).Ports.Concat(_new.Ends.PodOf(@new).Ports)
        .Select(port => new ReachPort(port.Protocol, port.Port))
        .Distinct();

    private void CompareAll()
    {
        ImmutableArray<ReachGroup> sources = Group(pod => "");
        ImmutableArray<ReachGroup> destinations = Group(pod => string.Join(',', pod.Ports));
        foreach (ReachGroup source in sources)
        {
            foreach (ReachGroup destination in destinations)
            {
                foreach (ReachPort port in _pods[destination.Ends[0]].Ports) Compare(source, destination, port);
            }
        }
    }

    private void Compare(ReachGroup source, ReachGroup destination, ReachPort port)
    {
        int from = source.Ends[0];
        int to = destination.Ends.FirstOrDefault(end => end != from, -1);
        if (to < 0)
        {
            to = destination.Ends[0];
            from = source.Ends.FirstOrDefault(end => end != to, -1);
            if (from < 0) return;
        }

        ReachVerdict was = _old.Judge.Judge(_pods[from].Old, _pods[to].Old, port);
        ReachVerdict @is = _new.Judge.Judge(_pods[from].New, _pods[to].New, port);
        if (was.IsAllowed == @is.IsAllowed) return;

        int themselves = source.Ends.Intersect(destination.Ends).Count();
        _changes.Add(new PolicyChange(source, destination, port, _old.Outcome(was), _new.Outcome(@is))
        {
            Pairs = ((long)source.Ends.Length * destination.Ends.Length) - themselves,
        });
    }

    /// <summary>Those that neither side tells apart; what a node sends depends on the node, so it stands alone.</summary>
    private ImmutableArray<ReachGroup> Group(Func<Subject, string> also)
    {
        IEnumerable<IGrouping<object, int>> groups = Enumerable.Range(0, _pods.Length).GroupBy(number => KeyOf(_pods[number], number, also));
        return
        [
            .. groups.Select(group =>
            {
                ImmutableArray<int> ends = [.. group];
                string first = _pods[ends[0]].Name;
                return new ReachGroup(ends.Length == 1 ? first : $"{Wording.Count(ends.Length, "pod")} like {first}", ends);
            }),
        ];
    }

    private object KeyOf(Subject pod, int number, Func<Subject, string> also)
    {
        bool isAlone = _old.Ends.All[pod.Old].IsNode || _new.Ends.All[pod.New].IsNode;
        string space = pod.Name.Split('/')[0];
        return (isAlone ? number : -1, space, _old.Judge.ClassOf(pod.Old), _new.Judge.ClassOf(pod.New), also(pod));
    }

    private IEnumerable<string> Notes()
    {
        yield return _old.Enforcement == _new.Enforcement
            ? _new.Enforcement.Evidence
            : $"before: {_old.Enforcement.Evidence}; after: {_new.Enforcement.Evidence}";

        HashSet<string> both = [.. _pods.Select(pod => pod.Name)];
        foreach ((Side side, string word) in new[] { (_old, "old"), (_new, "new") })
        {
            string[] only = [.. side.Ends.All.Take(side.Ends.PodCount).Select(end => end.Name).Where(name => !both.Contains(name))];
            if (only.Length > 0) yield return $"{Wording.Count(only.Length, "pod")} in the {word} manifests alone not compared: {Wording.List(only, 3)}";
        }

        string[] portless = [.. _pods.Where(pod => pod.Ports.IsEmpty).Select(pod => pod.Name)];
        if (portless.Length > 0)
            yield return $"{Wording.Count(portless.Length, "pod")} without a known port not among the destinations: {Wording.List(portless, 3)} (--port 80/tcp asks for one)";
    }
}
