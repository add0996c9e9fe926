using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>
/// Compares two sets of manifests pair by pair: pods that both have, on their container ports or those that are
/// asked for; and pods with the addresses outside that rules of either side name. Whom neither side's policies
/// can tell apart is compared once.
/// </summary>
public sealed class PolicyChanges
{
    private readonly ComparedSide _old;
    private readonly ComparedSide _new;
    private readonly ImmutableArray<ReachPort> _ports;
    private readonly ImmutableArray<Subject> _pods;
    private readonly List<PolicyChange> _changes = [];

    private PolicyChanges(ComparedSide old, ComparedSide @new, ImmutableArray<ReachPort> ports)
    {
        _old = old;
        _new = @new;
        _ports = ports;
        _pods = [.. PodsOfBoth(), .. Outside()];
    }

    /// <param name="old">Before.</param>
    /// <param name="new">After.</param>
    /// <param name="ports">Empty: the container ports of each destination, of both sides.</param>
    /// <param name="cni">As <c>--cni</c> names it; null: recognised.</param>
    /// <param name="settings">Of <c>--set</c>.</param>
    public static PolicyChangeReport Compare(
        ClusterSnapshot old, ClusterSnapshot @new, ImmutableArray<ReachPort> ports, string? cni,
        EmulationSettings settings)
    {
        var changes = new PolicyChanges(
            ComparedSide.Of(old, cni, settings), ComparedSide.Of(@new, cni, settings), ports);
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

    /// <summary>Somebody whom both sides have, and where he stands among their ends.</summary>
    private sealed record Subject(string Name, int Old, int New, ImmutableArray<ReachPort> Ports)
    {
        /// <summary>Null for pods; addresses outside are what rules of one direction speak of.</summary>
        public PolicyDirection? OutsideOf { get; init; }
    }

    private IEnumerable<Subject> PodsOfBoth()
    {
        for (int end = 0; end < _old.Ends.PodCount; end++)
        {
            string name = _old.Ends.All[end].Name;
            int other = _new.Ends.Find(name);
            if (other < 0 || other >= _new.Ends.PodCount) continue;

            yield return new Subject(name, end, other, _ports.IsEmpty ? [.. PortsOf(end, other)] : _ports);
        }
    }

    private IEnumerable<ReachPort> PortsOf(int old, int @new) =>
        _old.Ends.PodOf(old).Ports.Concat(_new.Ends.PodOf(@new).Ports)
            .Select(port => new ReachPort(port.Protocol, port.Port))
            .Distinct();

    private IEnumerable<Subject> Outside()
    {
        CompiledRule[] rules = [.. _old.Rules.Concat(_new.Rules).Where(rule => !rule.PeerBlocks.IsEmpty)];
        if (rules.Length == 0) return [];

        IpPrefix[] inside = [.. _old.Inside().Concat(_new.Inside()).Distinct()];
        return new[] { PolicyDirection.Ingress, PolicyDirection.Egress }.SelectMany(direction =>
            OutsideBlock.Of(rules, direction, inside)
                .Select(block =>
                    new Subject(block.Name, _old.Ends.OfAddress(block.Address), _new.Ends.OfAddress(block.Address), [])
                    {
                        OutsideOf = direction,
                    }));
    }

    private void CompareAll()
    {
        ImmutableArray<ReachGroup> pods = Group(pod => "", pod => pod.OutsideOf is null);
        ImmutableArray<ReachGroup> senders = Group(pod => "", pod => pod.OutsideOf == PolicyDirection.Ingress);
        ImmutableArray<ReachGroup> destinations = Group(
            pod => string.Join(',', pod.Ports), pod => pod.OutsideOf is null);
        foreach (ReachGroup source in pods.Concat(senders))
        {
            foreach (ReachGroup destination in destinations)
            {
                foreach (ReachPort port in _pods[destination.Ends[0]].Ports) Compare(source, destination, port);
            }
        }

        ImmutableArray<OutsidePort> ports = _ports.IsEmpty
            ? OutsidePort.Of(_old.Rules.Concat(_new.Rules))
            : [.. _ports.Select(OutsidePort.Of)];
        ImmutableArray<ReachGroup> receivers = Group(pod => "", pod => pod.OutsideOf == PolicyDirection.Egress);
        foreach (ReachGroup source in pods)
        {
            foreach (ReachGroup destination in receivers) Compare(source, destination, ports);
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

        if (Judge(from, to, port) is not { } outcomes) return;

        int themselves = source.Ends.Intersect(destination.Ends).Count();
        _changes.Add(new PolicyChange(source, destination, port, outcomes.Was, outcomes.Is)
        {
            Pairs = ((long)source.Ends.Length * destination.Ends.Length) - themselves,
        });
    }

    // What is so on every port is told once, and so is what is so on all that no rule names.
    private void Compare(ReachGroup source, ReachGroup destination, ImmutableArray<OutsidePort> ports)
    {
        var asked = ports.Select(port => (Port: port, Outcomes: Judge(source.Ends[0], destination.Ends[0], port.Asked)))
            .ToArray();
        foreach (var same in asked.GroupBy(one => one.Outcomes).Where(group => group.Key is not null))
        {
            (PolicyOutcome was, PolicyOutcome @is) = same.Key!.Value;
            bool isEvery = _ports.IsEmpty && same.Count() == asked.Length;
            bool isAllOthers = asked.Where(one => one.Port.IsOther).All(one => one.Outcomes == same.Key);
            if (isEvery) Add(new ReachPort(0, 0), "any port");
            foreach ((OutsidePort port, _) in same.Where(one => !isEvery && !(isAllOthers && one.Port.IsOther)))
                Add(port.Shown, port.Name);
            if (!isEvery && isAllOthers && same.Any(one => one.Port.IsOther)) Add(new ReachPort(0, 0), "other ports");

            void Add(ReachPort port, string name) =>
                _changes.Add(new PolicyChange(source, destination, port, was, @is) { PortName = name });
        }
    }

    /// <summary>Null where nothing changes.</summary>
    private (PolicyOutcome Was, PolicyOutcome Is)? Judge(int from, int to, ReachPort port)
    {
        ReachVerdict was = _old.Judge.Judge(_pods[from].Old, _pods[to].Old, port);
        ReachVerdict @is = _new.Judge.Judge(_pods[from].New, _pods[to].New, port);
        return was.IsAllowed == @is.IsAllowed ? null : (_old.Outcome(was), _new.Outcome(@is));
    }

    /// <summary>
    /// Those that neither side tells apart; what a node sends depends on the node, so it stands alone.
    /// </summary>
    private ImmutableArray<ReachGroup> Group(Func<Subject, string> also, Func<Subject, bool> isMeant)
    {
        IEnumerable<IGrouping<object, int>> groups = Enumerable.Range(0, _pods.Length)
            .Where(number => isMeant(_pods[number]))
            .GroupBy(number => KeyOf(_pods[number], number, also));
        return
        [
            .. groups.Select(group =>
            {
                ImmutableArray<int> ends = [.. group];
                string first = _pods[ends[0]].Name;
                return new ReachGroup(
                    ends.Length == 1 ? first : $"{Wording.Count(ends.Length, "pod")} like {first}", ends);
            }),
        ];
    }

    private object KeyOf(Subject pod, int number, Func<Subject, string> also)
    {
        bool isAlone = pod.OutsideOf is not null || _old.Ends.All[pod.Old].IsNode || _new.Ends.All[pod.New].IsNode;
        string space = pod.Name.Split('/')[0];
        return (isAlone ? number : -1, space, _old.Judge.ClassOf(pod.Old), _new.Judge.ClassOf(pod.New), also(pod));
    }

    private IEnumerable<string> Notes()
    {
        yield return _old.Enforcement == _new.Enforcement
            ? _new.Enforcement.Evidence
            : $"before: {_old.Enforcement.Evidence}; after: {_new.Enforcement.Evidence}";

        HashSet<string> both = [.. _pods.Select(pod => pod.Name)];
        foreach ((ComparedSide side, string word) in new[] { (_old, "old"), (_new, "new") })
        {
            string[] only =
                [.. side.Ends.All.Take(side.Ends.PodCount).Select(end => end.Name).Where(name => !both.Contains(name))];
            if (only.Length > 0)
                yield return $"{Wording.Count(only.Length, "pod")} in the {word} manifests alone not compared: "
                    + $"{Wording.List(only, 3)}";
        }

        string[] portless = [.. _pods.Where(pod => pod.OutsideOf is null && pod.Ports.IsEmpty).Select(pod => pod.Name)];
        if (portless.Length > 0)
            yield return $"{Wording.Count(portless.Length, "pod")} without a known port not among the destinations: "
                + $"{Wording.List(portless, 3)} (--port 80/tcp asks for one)";
    }
}
