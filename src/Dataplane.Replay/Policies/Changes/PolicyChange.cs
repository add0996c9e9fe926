using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Pairs that could talk and cannot, or the other way round, for one reason.</summary>
/// <param name="From">The sources: one pod, or those that policies tell apart neither before nor after.</param>
/// <param name="To">The destinations, likewise.</param>
/// <param name="Was">Before.</param>
/// <param name="Is">After.</param>
public sealed record PolicyChange(ReachGroup From, ReachGroup To, ReachPort Port, PolicyOutcome Was, PolicyOutcome Is)
{
    /// <summary>Pairs of a pod with itself are none.</summary>
    public long Pairs { get; init; } = (long)From.Ends.Length * To.Ends.Length;

    /// <summary>The side whose line does it: the rule or isolation that is new, or the one that is gone.</summary>
    public PolicyOutcome Cause => Is.Policy is not null || Was.Policy is null ? Is : Was;

    /// <summary>The cause is a line that the new manifests do not have any more.</summary>
    public bool IsByAbsence => Is.Policy is null && Was.Policy is not null;
}

/// <summary>One side's verdict, with its policies' names and lines.</summary>
public sealed record PolicyOutcome(bool IsAllowed, string Reason, string? Policy, string? Rule, SourceLine? Source, string Sentence)
{
    internal static PolicyOutcome Of(PolicyModel model, ReachVerdict verdict) => new(
        verdict.IsAllowed,
        verdict.ReasonText,
        VerdictWords.PolicyOf(model, verdict),
        VerdictWords.RuleOf(model, verdict),
        VerdictWords.SourceOf(model, verdict),
        VerdictWords.Sentence(model, verdict));
}

/// <summary>What changes from one set of manifests to another.</summary>
public sealed record PolicyChangeReport
{
    /// <summary>Names of the pods that both sides have; <see cref="ReachGroup.Ends"/> are positions in it.</summary>
    public required ImmutableArray<string> Pods { get; init; }

    public required ImmutableArray<PolicyChange> Changes { get; init; }

    /// <summary>Of the captures; empty where none was given, or nothing changes for it.</summary>
    public ImmutableArray<FlowChange> Flows { get; init; } = [];

    public required ImmutableArray<string> Notes { get; init; }

    public ImmutableArray<string> Damage { get; init; } = [];

    public bool IsEmpty => Changes.IsEmpty && Flows.IsEmpty;

    public long Opened => Changes.Where(change => change.Is.IsAllowed).Sum(change => change.Pairs);

    public long Closed => Changes.Where(change => !change.Is.IsAllowed).Sum(change => change.Pairs);
}
