using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// YAML events with each alias replaced by what it names (YAML 1.2.2 §7.1), within a budget: aliases of aliases
/// would otherwise turn a short file into more events than any machine can hold.
/// </summary>
internal sealed class YamlAliases(Parser parser, string file)
{
    private const int MaxRecordedEvents = 1_000_000;
    private const int MaxReplayedEvents = 1_000_000;

    private readonly List<ParsingEvent> _tape = [];
    private readonly Dictionary<AnchorName, Span> _anchors = [];
    private readonly Stack<Span> _replays = [];
    private int _replayed;

    private record struct Span(int Next, int End);

    /// <summary>Null behind the last event.</summary>
    public ParsingEvent? Next()
    {
        while (true)
        {
            if (_replays.Count == 0)
            {
                if (!parser.MoveNext()) return null;

                ParsingEvent current = parser.Current!;
                if (current is DocumentStart) Forget();
                if (current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false }) _replays.Push(Record(current));
                else return current;
            }

            if (Replay() is { } replayed) return replayed;
        }
    }

    private ParsingEvent? Replay()
    {
        Span replay = _replays.Pop();
        if (replay.Next == replay.End) return null;

        ParsingEvent next = _tape[replay.Next];
        _replays.Push(replay with { Next = replay.Next + 1 });
        if (++_replayed > MaxReplayedEvents)
            throw new InvalidDataException(
                $"{file}:{next.Start.Line}: aliases expand to more than {MaxReplayedEvents} values: write them out");
        if (next is not AnchorAlias alias) return next;

        _replays.Push(_anchors[alias.Value]);
        return null;
    }

    private Span Record(ParsingEvent first)
    {
        int start = _tape.Count;
        Stack<(AnchorName Anchor, int Start, int Depth)> open = new();
        int depth = 0;
        ParsingEvent current = first;
        while (true)
        {
            if (_tape.Count == MaxRecordedEvents)
                throw new InvalidDataException(
                    $"{file}:{first.Start.Line}: anchors hold more than {MaxRecordedEvents} values");
            if (current is AnchorAlias alias && !_anchors.ContainsKey(alias.Value))
                throw new InvalidDataException(
                    $"{file}:{current.Start.Line}: "
                    + $"the alias *{NameOf(alias)} has no anchor &{NameOf(alias)} that ends before it");

            if (current is NodeEvent { Anchor.IsEmpty: false } node) open.Push((node.Anchor, _tape.Count, depth));
            _tape.Add(current);
            depth += current.NestingIncrease;
            while (open.Count > 0 && open.Peek().Depth == depth)
            {
                (AnchorName anchor, int from, _) = open.Pop();
                _anchors[anchor] = new Span(from, _tape.Count);
            }

            if (depth == 0) return new Span(start, _tape.Count);
            if (!parser.MoveNext())
                throw new InvalidDataException($"{file}:{first.Start.Line}: the YAML ends inside an anchor");

            current = parser.Current!;
        }
    }

    private static string NameOf(AnchorAlias alias) => ManifestCursor.Shorten(alias.Value.Value);

    private void Forget()
    {
        _tape.Clear();
        _anchors.Clear();
        _replayed = 0;
    }
}
