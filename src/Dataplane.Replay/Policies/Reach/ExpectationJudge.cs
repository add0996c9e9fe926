using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Asks what each line of a file of expectations says.</summary>
internal sealed class ExpectationJudge(
    ReachEnds ends, ReachJudge judge, ServiceTargets services, Func<int, ImmutableArray<ReachPort>> portsOf)
{
    private const int MostExamples = 10;

    private readonly ReachEnds _ends = ends;
    private readonly ReachJudge _judge = judge;
    private readonly ServiceTargets _services = services;
    private readonly Func<int, ImmutableArray<ReachPort>> _portsOf = portsOf;

    public ExpectationResult Judge(Expectation expectation)
    {
        ImmutableArray<int> sources = expectation.From.Address is { } address
            ? [_ends.OfAddress(address)]
            : expectation.From.PodsOf(_ends);
        if (sources.IsEmpty) return Problem(expectation, $"{expectation.From}: {expectation.From.NearMiss(_ends)}");

        ImmutableArray<ReachTarget> targets = TargetsOf(expectation, out string? problem);
        if (problem is not null) return Problem(expectation, problem);

        var matrix = new ReachMatrix(_judge, sources, targets);
        long pairs = 0, wrong = 0;
        ImmutableArray<ReachSurprise>.Builder examples = ImmutableArray.CreateBuilder<ReachSurprise>();
        foreach (int source in sources)
        {
            foreach (ReachColumn column in matrix.Columns)
            {
                int number = matrix.VerdictOf(source, column);
                if (number < 0 || source == column.Hop.End) continue;

                pairs++;
                ReachVerdict verdict = _judge[number];
                if (verdict.IsAllowed == expectation.Allows) continue;

                wrong++;
                ReachTarget target = targets[column.Target];
                if (examples.Count < MostExamples)
                    examples.Add(
                        new ReachSurprise(_judge.Ends[source].Name, NameOf(target, column), target.Port, verdict));
            }
        }

        return pairs == 0
            ? Problem(expectation, "FROM and TO are the same pod: what it sends to itself is never judged")
            : new ExpectationResult(expectation, pairs, wrong, examples.ToImmutable(), null);
    }

    private string NameOf(ReachTarget target, in ReachColumn column) => column.IsService && column.Hop.End >= 0
        ? $"{target.Name} ({_judge.Ends[column.Hop.End].Name} {column.Hop.Port})"
        : target.Name;

    private ImmutableArray<ReachTarget> TargetsOf(Expectation expectation, out string? problem)
    {
        ReachWho to = expectation.To;
        problem = null;
        if (to.Service is { } service)
            return Filter(
                _services.Of(service), expectation, $"there is no Service {service} with an address", out problem);
        if (to.Address is { } address && _services.Of(address).Any())
            return Filter(_services.Of(address), expectation, "", out problem);

        ImmutableArray<int> pods = to.Address is { } outside ? [_ends.OfAddress(outside)] : to.PodsOf(_ends);
        if (pods.IsEmpty) problem = $"{to}: {to.NearMiss(_ends)}";
        ImmutableArray<ReachTarget> targets =
        [
            .. pods.SelectMany(end => (expectation.Ports.IsEmpty ? _portsOf(end) : expectation.Ports)
                .Select(port => new ReachTarget(_ends.All[end].Name, port, [new ReachHop(end, port)]))),
        ];
        if (targets.IsEmpty) problem ??= $"{to}: no port of it is known: write one, say 80/tcp";
        return targets;
    }

    private static ImmutableArray<ReachTarget> Filter(
        IEnumerable<ReachTarget> service, Expectation expectation, string otherwise, out string? problem)
    {
        ReachTarget[] all = [.. service];
        ImmutableArray<ReachTarget> asked =
            [.. all.Where(target => expectation.Ports.IsEmpty || expectation.Ports.Contains(target.Port))];
        problem = all.Length == 0 ? otherwise
            : asked.IsEmpty ? $"{expectation.To} has no port {string.Join(", ", expectation.Ports)}: "
                + $"it has {string.Join(", ", all.Select(target => target.Port))}"
            : null;
        return asked;
    }

    private static ExpectationResult Problem(Expectation expectation, string problem) =>
        new(expectation, 0, 0, [], problem);
}
