using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>Something about a policy that its author should know.</summary>
/// <param name="Policy"><c>namespace/name</c>; null where the finding is about no policy that could be read.</param>
/// <param name="Sentence">One line, without place and rule.</param>
public sealed record LintFinding(LintRule Rule, Severity Severity, SourceLine Source, string? Policy, string Sentence);
