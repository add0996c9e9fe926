using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Replay.Skew;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Replays captures under two sets of policies: what one of them alone drops has changed.</summary>
public sealed class FlowChanges
{
    private readonly ComparedSide _old;
    private readonly ComparedSide _new;

    private FlowChanges(ComparedSide old, ComparedSide @new)
    {
        _old = old;
        _new = @new;
    }

    /// <summary>A comparison of pairs, and what the captures say of it.</summary>
    /// <param name="report">What is known without them.</param>
    /// <param name="old">Before.</param>
    /// <param name="new">After.</param>
    /// <param name="options">Captures, CNI and settings; the manifests are the snapshots.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidDataException">A capture cannot be read, or a side has no Node.</exception>
    public static PolicyChangeReport AddTo(
        PolicyChangeReport report, ClusterSnapshot old, ClusterSnapshot @new, ReplayOptions options,
        CancellationToken cancellation)
    {
        if (old.Nodes.IsEmpty || @new.Nodes.IsEmpty)
            throw new InvalidDataException(
                "to replay a capture, both sides need the cluster's Nodes: name what they share with -f PATH");

        // Both sides read the records in one order: clocks are compared once.
        FlowReplay before = FlowReplay.Run(old, options, clocks: null, cancellation);
        FlowReplay after = FlowReplay.Run(@new, options, before.Clocks, cancellation);
        var settings = EmulationSettings.Parse(options.Settings);
        var changes = new FlowChanges(
            ComparedSide.Of(old, options.Cni, settings), ComparedSide.Of(@new, options.Cni, settings));
        return report with
        {
            Flows = changes.Between(before.Drops, after.Drops),
            Notes = [.. report.Notes, .. CaptureClocks.NotesOf(before.Clocks)],
            Damage = [.. report.Damage, .. before.Damage],
        };
    }

    private ImmutableArray<FlowChange> Between(
        IReadOnlyDictionary<long, PolicyDrop> before, IReadOnlyDictionary<long, PolicyDrop> after)
    {
        PolicyDrop[] newly = [.. OnlyIn(after, before)];
        PolicyDrop[] noLonger = [.. OnlyIn(before, after)];

        // Whoever is judged has to be known before: classes are made of all.
        foreach (PolicyDrop drop in newly.Concat(noLonger))
        {
            foreach (ReachEnds ends in new[] { _old.Ends, _new.Ends })
            {
                ends.OfAddress(drop.Source);
                ends.OfAddress(drop.Destination);
            }
        }

        return
        [
            .. Grouped(newly).Select(flow => ChangeOf(flow, was: PassingAt(_old, flow.Key), @is: flow.Key.Cause)),
            .. Grouped(noLonger).Select(flow => ChangeOf(flow, was: flow.Key.Cause, @is: PassingAt(_new, flow.Key))),
        ];
    }

    private static IEnumerable<PolicyDrop> OnlyIn(
        IReadOnlyDictionary<long, PolicyDrop> drops, IReadOnlyDictionary<long, PolicyDrop> others) =>
        drops.Where(drop => !others.ContainsKey(drop.Key)).OrderBy(drop => drop.Key).Select(drop => drop.Value);

    private static IEnumerable<IGrouping<PolicyDrop, ushort>> Grouped(PolicyDrop[] drops) =>
        drops.GroupBy(drop => drop with { SourcePort = 0 }, drop => drop.SourcePort);

    private FlowChange ChangeOf(IGrouping<PolicyDrop, ushort> flow, PolicyOutcome was, PolicyOutcome @is) => new(
        NameOf(flow.Key.Source), NameOf(flow.Key.Destination),
        flow.Key.Port, flow.Distinct().Count(), flow.LongCount(), was, @is);

    private string NameOf(IpAddress address)
    {
        ReachEnd end = _new.Ends.All[_new.Ends.OfAddress(address)];
        return end.IsNode ? address.ToString() : end.Name;
    }

    /// <summary>
    /// What lets it pass on the side that does; where the policies alone would not, something else did.
    /// </summary>
    private static PolicyOutcome PassingAt(ComparedSide side, PolicyDrop drop)
    {
        ReachVerdict verdict = side.Judge.Judge(
            side.Ends.OfAddress(drop.Source), side.Ends.OfAddress(drop.Destination), drop.Port);
        return verdict.IsAllowed ? side.Outcome(verdict) : PolicyOutcome.Undecided;
    }
}
