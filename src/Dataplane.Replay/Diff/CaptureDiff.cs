using System.Collections.Immutable;
using Dataplane.Capture;
using Dataplane.Replay.Diff.Native;

namespace Dataplane.Replay.Diff;

/// <summary>Compares two captures as tshark, or our own parser, dissects both.</summary>
public static class CaptureDiff
{
    public static DiffSummary Run(
        DiffOptions options, Action<string> showCommand, IDiffWatch watch, CancellationToken cancellation)
    {
        string[] captures = [options.Ours, options.Reference];
        FileStamp?[] before = [.. captures.Select(FileStamp.Of)];
        using IFrameReader ours = Open(options.Ours, options, showCommand, cancellation);
        using IFrameReader reference = Open(options.Reference, options, showCommand, cancellation);
        var filter = new FieldFilter(options.Ignore, options.Only);
        var pairs = new PairCount(new FrameComparison(filter), watch);
        var steps = new Steps(ours, reference, pairs.Names, watch, cancellation);
        (ImmutableArray<long> onlyOurs, ImmutableArray<long> onlyReference) = options.By == FrameMatch.Order
            ? MatchByOrder(steps, pairs, watch)
            : MatchByInner(steps, filter, pairs, watch, options.MostWaitingInMemory);

        string? unknown = pairs.Names.NothingOf(options.Only);
        if (unknown is not null) throw new InvalidDataException($"--only {unknown}; nothing was compared");

        return new DiffSummary
        {
            Compared = pairs.Compared,
            Equal = pairs.Equal,
            OnlyOurs = onlyOurs,
            OnlyReference = onlyReference,
            Fields = pairs.Fields(),
            Ignored = ListIgnored(options, pairs.Comparison.Ignored),
            UnknownFields =
            [
                .. pairs.Names.Unknown(options.Ignore).Select(text => "--ignore " + text),
                .. pairs.Names.Unknown(options.Only).Select(text => "--only " + text),
            ],
            Damage = [.. new[] { ours.Damage, reference.Damage }.OfType<string>(), .. Changed(captures, before)],
        };
    }

    // Each is read by several readers, one behind the other: the tunnels' ports, tshark, the records that are written.
    private static IEnumerable<string> Changed(string[] captures, FileStamp?[] before) => captures
        .Where((capture, index) => before[index] is { } stamp && FileStamp.Of(capture) != stamp)
        .Select(capture =>
            $"{capture}: was changed or replaced while it was compared: the result may be of two versions");

    private static IFrameReader Open(
        string capture, DiffOptions options, Action<string> showCommand, CancellationToken cancellation)
    {
        ImmutableArray<TunnelPort> ports = TunnelPort.ForDecodeAs(options.TunnelPorts);
        if (options.Native) return new NativeReader(capture, ports, options.KeepRecords, cancellation);

        var reader = new PdmlReader(capture, ports, showCommand, cancellation);
        return options.KeepRecords ? new RecordingReader(reader, capture, cancellation) : reader;
    }

    private static (ImmutableArray<long> OnlyOurs, ImmutableArray<long> OnlyReference) MatchByOrder(
        Steps steps, PairCount pairs, IDiffWatch watch)
    {
        ImmutableArray<long>.Builder onlyOurs = ImmutableArray.CreateBuilder<long>();
        ImmutableArray<long>.Builder onlyReference = ImmutableArray.CreateBuilder<long>();
        while (steps.Next(out DissectedFrame? left, out DissectedFrame? right))
        {
            if (left is not null && right is not null) pairs.Compare(left, right);
            else if (left is not null)
            {
                onlyOurs.Add(left.Number);
                watch.OnlyOurs(left);
            }
            else
            {
                onlyReference.Add(right!.Number);
                watch.OnlyReference(right);
            }
        }

        return (onlyOurs.ToImmutable(), onlyReference.ToImmutable());
    }

    /// <summary>Both files are read in step; frames wait until their partner comes, most of them on disk.</summary>
    private static (ImmutableArray<long> OnlyOurs, ImmutableArray<long> OnlyReference) MatchByInner(
        Steps steps, FieldFilter filter, PairCount pairs, IDiffWatch watch, int mostInMemory)
    {
        using var waitingOurs = new WaitingFrames(mostInMemory);
        using var waitingReference = new WaitingFrames(mostInMemory);
        while (steps.Next(out DissectedFrame? left, out DissectedFrame? right))
        {
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

        return (Leave(waitingOurs, watch.OnlyOurs), Leave(waitingReference, watch.OnlyReference));
    }

    private static ImmutableArray<long> Leave(WaitingFrames waiting, Action<DissectedFrame> tell)
    {
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>();
        foreach (DissectedFrame frame in waiting.TakeAll())
        {
            numbers.Add(frame.Number);
            tell(frame);
        }

        return numbers.ToImmutable();
    }

    private static ImmutableArray<IgnoredField> ListIgnored(DiffOptions options, IReadOnlyDictionary<string, long> seen)
    {
        IEnumerable<string> names = options.Only.IsEmpty
            ? options.Ignore.Concat(FieldFilter.Expected)
            : options.Ignore.Append(FieldFilter.NotAsked);
        return [.. names.Distinct().Select(name => new IgnoredField(name, seen.GetValueOrDefault(name)))];
    }

    /// <summary>Both captures, frame by frame, until both have ended.</summary>
    private sealed class Steps(
        IFrameReader ours, IFrameReader reference, FieldNames names, IDiffWatch watch, CancellationToken cancellation)
    {
        private long _frames;

        public bool Next(out DissectedFrame? left, out DissectedFrame? right)
        {
            left = Read(ours);
            right = Read(reference);
            cancellation.ThrowIfCancellationRequested();
            watch.Read(_frames);
            return left is not null || right is not null;
        }

        private DissectedFrame? Read(IFrameReader reader)
        {
            if (reader.Read() is not { } frame) return null;

            _frames++;
            names.Add(frame);
            return frame;
        }
    }

    private sealed class PairCount(FrameComparison comparison, IDiffWatch watch)
    {
        private readonly Dictionary<string, (long Frames, long Last)> _fields = [];

        public FrameComparison Comparison { get; } = comparison;

        public FieldNames Names { get; } = new();

        public long Compared { get; private set; }

        public long Equal { get; private set; }

        public ImmutableArray<FieldCount> Fields() =>
        [
            .. _fields.Select(one => new FieldCount(one.Key, one.Value.Frames))
                .OrderByDescending(one => one.Frames).ThenBy(one => one.Field, StringComparer.Ordinal),
        ];

        public void Compare(DissectedFrame ours, DissectedFrame reference)
        {
            IReadOnlyList<FieldDifference> found = Comparison.Compare(ours, reference);
            Compared++;
            if (found.Count == 0)
            {
                Equal++;
                return;
            }

            foreach (FieldDifference difference in found) Count(difference.Field);
            watch.Different(ours, reference, found);
        }

        /// <summary>A field that a frame has twice, and differs twice, is one frame.</summary>
        private void Count(string field)
        {
            (long frames, long last) = _fields.GetValueOrDefault(field);
            if (last != Compared) _fields[field] = (frames + 1, Compared);
        }
    }
}
