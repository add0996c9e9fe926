using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cli.Policies;

/// <summary>One thing that a check found, as tools for continuous integration take it.</summary>
/// <param name="Rule">Identifier of the rule.</param>
/// <param name="Severity">Damage is an error.</param>
/// <param name="Source">Where it stands; null where it stands nowhere.</param>
/// <param name="Sentence">One line.</param>
public sealed record CheckResult(string Rule, Severity Severity, SourceLine? Source, string Sentence)
{
    /// <summary>Other places that have to do with it.</summary>
    public ImmutableArray<SourceLine> Related { get; init; } = [];

    public static string LevelOf(Severity severity) => severity switch
    {
        Severity.Damage => "error",
        Severity.Warning => "warning",
        _ => "note",
    };
}

/// <summary>A kind of finding: identifier and one sentence.</summary>
public sealed record CheckRule(string Id, string Summary);
