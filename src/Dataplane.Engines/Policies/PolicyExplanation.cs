using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Core;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Which policy decided, by which of its lines, and why, in one plain sentence; also where no rule did.
/// </summary>
public sealed record PolicyExplanation
{
    public required PolicyDirection Direction { get; init; }

    public required bool IsAllowed { get; init; }

    /// <summary>Policies select the pod and none of their rules allows it.</summary>
    public bool IsDefaultDeny { get; init; }

    /// <summary>
    /// <c>namespace/name</c>, or the name of an admin policy. Of a default deny: the policy whose rule came closest.
    /// Empty where no policy has anything to say.
    /// </summary>
    public string Policy { get; init; } = "";

    public PolicyTier? Tier { get; init; }

    /// <summary>Place in the policy's ingress or egress, from 0; −1 where no rule decided.</summary>
    public int Rule { get; init; } = -1;

    /// <summary>
    /// Of a default deny: place of the rule that came closest in <see cref="Policy"/>; −1 where that has no rules.
    /// </summary>
    public int ClosestRule { get; init; } = -1;

    /// <summary>
    /// The line of the rule that decided or came closest, else of the policy; null where there is none.
    /// </summary>
    public SourceLine? Source { get; init; }

    /// <summary>All policies that select the pod in this direction, in the order in which they are asked.</summary>
    public ImmutableArray<string> SelectedBy { get; init; } = [];

    /// <summary>One sentence, without a full stop.</summary>
    public required string Sentence { get; init; }
}
