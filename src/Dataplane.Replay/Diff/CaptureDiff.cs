using System.Collections.Immutable;

namespace Dataplane.Replay.Diff;

/// <summary>Compares two captures as tshark dissects both.</summary>
public static class CaptureDiff
{
    public static DiffSummary Run(
        DiffOptions options, Action<string> showCommand, Action<FieldDifference> different, CancellationToken cancellation)
    {
        ImmutableArray<TunnelPort> ports = TunnelPort.ForDecodeAs(options.TunnelPorts);
        var filter = new FieldFilter(options.Ignore, options.Only);
        using var ours = new PdmlReader(options.Ours, ports, showCommand);
        using var reference = new PdmlReader(options.Reference, ports, showCommand);

        var pairs = new PairCount(new FrameComparison(filter), different);
        (ImmutableArray<long> onlyOurs, ImmutableArray<long> onlyReference) = options.By == FrameMatch.Order
            ? MatchByOrder(ours, reference, pairs, cancellation)
            : MatchByInner(ours, reference, filter, pairs, cancellation);

        return new DiffSummary
        {
            Compared = pairs.Compared,
            Equal = pairs.Equal,
            OnlyOurs = onlyOurs,
            OnlyReference = onlyReference,
            Ignored = ListIgnored(options, pairs.Comparison.Ignored),
            Damage = [.. new[] { ours.Damage, reference.Damage }.OfType<string>()],
        };
    }

    private static (ImmutableArray<long> OnlyOurs, ImmutableArray<long> OnlyReference) MatchByOrder(
        PdmlReader ours, PdmlReader reference, PairCount pairs, CancellationToken cancellation)
    {
        ImmutableArray<long>.Builder onlyOurs = ImmutableArray.CreateBuilder<long>();
        ImmutableArray<long>.Builder onlyReference = ImmutableArray.CreateBuilder<long>();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            DissectedFrame? left = ours.Read();
            DissectedFrame? right = reference.Read();
            if (left is null && right is null) return (onlyOurs.ToImmutable(), onlyReference.ToImmutable());

            if (left is not null && right is not null) pairs.Compare(left, right);
            else if (left is not null) onlyOurs.Add(left.Number);
            else onlyReference.Add(right!.Number);
        }
    }

    /// <summary>Both files are read in step; frames wait until their partner comes, so memory grows with the disorder only.</summary>
    private static (ImmutableArray<long> OnlyOurs, ImmutableArray<long> OnlyReference) MatchByInner(
        PdmlReader ours, PdmlReader reference, FieldFilter filter, PairCount pairs, CancellationToken cancellation)
    {
        var waitingOurs = new WaitingFrames();
        var waitingReference = new WaitingFrames();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            DissectedFrame? left = ours.Read();
            DissectedFrame? right = reference.Read();
            if (left is null && right is null) return (waitingOurs.Numbers(), waitingReference.Numbers());

            if (left is not null)
            {
                UInt128 key = InnerPacketKey.Of(left, filter);
                if (waitingReference.TryTake(key, out DissectedFrame? partner)) pairs.Compare(left, partner);
                else waitingOurs.Add(key, left);
            }

            if (right is not null)
            {
                UInt128 key = InnerPacketKey.Of(right, filter);
                if (waitingOurs.TryTake(key, out DissectedFrame? partner)) pairs.Compare(partner, right);
                else waitingReference.Add(key, right);
            }
        }
    }

    private static ImmutableArray<IgnoredField> ListIgnored(DiffOptions options, IReadOnlyDictionary<string, long> seen)
    {
        IEnumerable<string> names = options.Only.IsEmpty
            ? options.Ignore.Concat(FieldFilter.Expected)
            : options.Ignore.Append(FieldFilter.NotAsked);
        return [.. names.Distinct().Select(name => new IgnoredField(name, seen.GetValueOrDefault(name)))];
    }

    private sealed class PairCount(FrameComparison comparison, Action<FieldDifference> different)
    {
        private readonly Action<FieldDifference> _different = different;

        public FrameComparison Comparison { get; } = comparison;

        public long Compared { get; private set; }

        public long Equal { get; private set; }

        public void Compare(DissectedFrame ours, DissectedFrame reference)
        {
            IReadOnlyList<FieldDifference> found = Comparison.Compare(ours, reference);
            Compared++;
            if (found.Count == 0) Equal++;
            foreach (FieldDifference difference in found) _different(difference);
        }
    }
}
