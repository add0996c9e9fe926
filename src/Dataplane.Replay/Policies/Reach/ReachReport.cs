using System.Collections.Immutable;
using Dataplane.Cluster.Cni;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Who can talk to whom in a cluster, and what of it was expected.</summary>
public sealed record ReachReport(ReachMatrix Matrix, ReachEnds Ends, PolicyEnforcement Enforcement)
{
    /// <summary>In the order of the file; empty where nothing was expected.</summary>
    public ImmutableArray<ExpectationResult> Expectations { get; init; } = [];

    public ImmutableArray<string> Notes { get; init; } = [];

    public ImmutableArray<string> Damage { get; init; } = [];

    public bool IsAsExpected => Expectations.All(result => result.Holds);
}

/// <summary>What became of one expectation.</summary>
/// <param name="Pairs">How many it is about.</param>
/// <param name="Wrong">How many of them are otherwise.</param>
/// <param name="Examples">The first of these.</param>
/// <param name="Problem">Why it could not be asked; null where it was.</param>
public sealed record ExpectationResult(
    Expectation Expectation, long Pairs, long Wrong, ImmutableArray<ReachSurprise> Examples, string? Problem)
{
    public bool Holds => Problem is null && Wrong == 0;

    /// <summary><c>leaks</c>, <c>is blocked</c>, or what the problem is; null where it holds.</summary>
    public string? Sentence => Problem
        ?? (Wrong == 0
            ? null
            : $"{Wrong} of {Pairs} {(Pairs == 1 ? "pair" : "pairs")} {(Expectation.Allows ? "blocked" : "leaking")}");
}

/// <summary>A pair that is otherwise than was expected.</summary>
public sealed record ReachSurprise(string From, string To, ReachPort Port, ReachVerdict Verdict);
