using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Core;
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

    /// <summary>
    /// <c>443/tcp</c>; <c>other ports</c>, of an address outside, for those that no rule
    /// names (0 in <see cref="Port"/>).
    /// </summary>
    public string PortName { get; init; } = Port.ToString();

    /// <summary>The side whose line does it.</summary>
    public PolicyOutcome Cause => PolicyOutcome.CauseOf(Was, Is);
}

/// <summary>One side's verdict, with its policies' names and lines.</summary>
public sealed record PolicyOutcome(
    bool IsAllowed, string Reason, string? Policy, string? Rule, SourceLine? Source, string Sentence)
{
    /// <summary>No policy decides, whatever else may.</summary>
    internal static readonly PolicyOutcome Undecided = new(true, "allowed", null, null, null, "no policy denies it");

    /// <summary>The side whose line does it: the rule or isolation that is new, or the one that is gone.</summary>
    public static PolicyOutcome CauseOf(PolicyOutcome was, PolicyOutcome @is) =>
        @is.Policy is not null || was.Policy is null ? @is : was;

    /// <summary>What decides now, and what did before: that nothing allowed it goes without saying.</summary>
    public static string Sentences(PolicyOutcome was, PolicyOutcome @is)
    {
        if (CauseOf(was, @is) == was) return $"no longer {was.Sentence}";

        bool isSilent = was.Policy is null || was.Reason == DropReasonText.Name(DropReason.PolicyDenied);
        return isSilent ? @is.Sentence : $"{@is.Sentence}; before, {was.Sentence}";
    }

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
    /// <summary>
    /// Names of the pods that both sides have, and of addresses outside;
    /// <see cref="ReachGroup.Ends"/> are positions in it.
    /// </summary>
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
