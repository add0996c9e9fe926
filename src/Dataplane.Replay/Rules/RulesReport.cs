using System.Collections.Immutable;

namespace Dataplane.Replay.Rules;

/// <summary>A node's tables as text, and what was noticed on the way.</summary>
public sealed record RulesReport(string Text, ImmutableArray<string> Notes, ImmutableArray<string> Damage);
