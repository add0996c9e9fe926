using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// All findings, in the order of their places; the policies that were looked at; and what could not be looked at.
/// </summary>
public sealed record LintReport(
    ImmutableArray<LintFinding> Findings, ImmutableArray<string> Policies, ImmutableArray<string> Notes)
{
    public int Count(Severity severity) => Findings.Count(finding => finding.Severity == severity);
}
