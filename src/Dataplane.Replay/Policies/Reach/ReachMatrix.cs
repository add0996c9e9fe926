using System.Collections.Immutable;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Sources against destinations; a verdict is looked up when it is asked for.</summary>
public sealed class ReachMatrix
{
    private const int NotAsked = -1;

    private readonly int _noEndpoints;
    private readonly int _neverJudged;
    private readonly bool[] _isPod;

    public ReachMatrix(ReachJudge judge, ImmutableArray<int> sources, ImmutableArray<ReachTarget> targets)
    {
        Judge = judge;
        Sources = sources;
        Targets = targets;
        Columns =
        [
            .. targets.SelectMany((target, number) =>
                target.Hops.Select(hop => new ReachColumn(number, hop, judge.NumberOf(hop.Port), target.IsService))),
        ];
        _isPod = [.. judge.Ends.Select(end => end.Pod >= 0)];
        _neverJudged = judge.NumberOf(ReachVerdict.NeverJudged);
        _noEndpoints = judge.NumberOf(ReachVerdict.NoEndpoints);
    }

    public ReachJudge Judge { get; }

    /// <summary>Positions among the judge's ends.</summary>
    public ImmutableArray<int> Sources { get; }

    public ImmutableArray<ReachTarget> Targets { get; }

    /// <summary>The hops of all targets, in their order.</summary>
    public ImmutableArray<ReachColumn> Columns { get; }

    /// <summary>
    /// The verdict's number; −1 where nobody asks: a pod about itself, one outside about another, a Service's endpoint
    /// that is for pods of another node.
    /// </summary>
    public int VerdictOf(int source, in ReachColumn column)
    {
        ReachHop hop = column.Hop;
        bool isPod = _isPod[source];
        if (hop.End < 0) return isPod ? _noEndpoints : NotAsked;
        if (column.IsService && !isPod) return NotAsked;
        if (source == hop.End) return column.IsService ? _neverJudged : NotAsked;
        if (!isPod && !_isPod[hop.End]) return NotAsked;
        if (hop.OnlyFromNode is not null && hop.OnlyFromNode != Judge.Ends[source].Node) return NotAsked;

        return Judge.Judge(source, hop.End, column.PortNumber, hop.Port);
    }
}
