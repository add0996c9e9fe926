using System.Collections.Immutable;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Ends that are shown together.</summary>
/// <param name="Name"><c>shop/web-1</c>, or <c>3 pods like shop/web-1</c>.</param>
public sealed record ReachGroup(string Name, ImmutableArray<int> Ends);

/// <summary>Puts ends together where there are too many to show one by one.</summary>
public static class ReachGroups
{
    private const int MostPods = 24;
    private const int MostIdentities = 60;

    /// <summary>
    /// One by one as long as they are few; else those of one identity that policies cannot tell apart; else, where even
    /// these are many, those of a namespace that policies cannot tell apart.
    /// </summary>
    public static ImmutableArray<ReachGroup> Of(ReachJudge judge, IReadOnlyCollection<int> ends)
    {
        if (ends.Count <= MostPods) return [.. ends.Select(end => new ReachGroup(judge.Ends[end].Name, [end]))];

        ImmutableArray<ReachGroup> groups = GroupBy(
            judge, ends, end => (judge.Ends[end].Identity, Alone(judge, end), judge.ClassOf(end), ""));
        return groups.Length <= MostIdentities
            ? groups
            : GroupBy(judge, ends, end => (0, Alone(judge, end), judge.ClassOf(end), NamespaceOf(judge, end)));
    }

    /// <summary>
    /// All pods of a namespace together, whatever policies say of each; addresses outside stand alone.
    /// </summary>
    public static ImmutableArray<ReachGroup> ByNamespace(ReachJudge judge, IReadOnlyCollection<int> ends) =>
    [
        .. ends.GroupBy(end => judge.Ends[end].Pod < 0 ? judge.Ends[end].Name : NamespaceOf(judge, end) + "/*")
            .Select(group => new ReachGroup(group.Key, [.. group])),
    ];

    private static ImmutableArray<ReachGroup> GroupBy<TKey>(
        ReachJudge judge, IReadOnlyCollection<int> ends, Func<int, TKey> key) =>
        [.. ends.GroupBy(key).Select(group => Name(judge, [.. group]))];

    private static ReachGroup Name(ReachJudge judge, ImmutableArray<int> ends)
    {
        string first = judge.Ends[ends[0]].Name;
        return new ReachGroup(ends.Length == 1 ? first : $"{Wording.Count(ends.Length, "pod")} like {first}", ends);
    }

    /// <summary>What its node may do depends on the node: it is a group of its own.</summary>
    private static int Alone(ReachJudge judge, int end) => judge.Ends[end].Identity < 0 ? end : -1;

    private static string NamespaceOf(ReachJudge judge, int end) => judge.Ends[end].Name.Split('/')[0];
}
