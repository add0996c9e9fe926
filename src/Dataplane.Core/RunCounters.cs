namespace Dataplane.Core;

/// <summary>What a run counts, in columns indexed by the enums that name them.</summary>
public sealed class RunCounters
{
    private const int Reasons = 32;
    private const int Stages = 16;

    private readonly int _nodes;
    private readonly DropTally[] _drops;
    private readonly long[] _verdicts = new long[Enum.GetValues<Verdict>().Length];
    private readonly long[] _ignored = new long[Enum.GetValues<IgnoreReason>().Length];

    public RunCounters(int nodes)
    {
        _nodes = nodes;
        _drops = new DropTally[(nodes + 1) * Reasons * Stages];
    }

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    public long Encapsulated { get; set; }

    public long Decapsulated { get; set; }

    public long Translated { get; private set; }

    public long Reoriginated { get; private set; }

    public long Guessed { get; private set; }

    public long Unlisted { get; private set; }

    public long Cut { get; private set; }

    public long this[Verdict verdict] => _verdicts[(int)verdict];

    public long this[IgnoreReason reason] => _ignored[(int)reason];

    /// <summary>Every (node, stage, reason) with at least one packet.</summary>
    public IEnumerable<(int Node, Stage Stage, DropReason Reason, DropTally Tally)> Drops()
    {
        for (int index = 0; index < _drops.Length; index++)
        {
            if (_drops[index].Packets == 0) continue;
            int node = index / (Reasons * Stages);
            yield return (node == _nodes ? RecordState.NoNode : node, (Stage)(index / Reasons % Stages), (DropReason)(index % Reasons), _drops[index]);
        }
    }

    /// <summary>Adds the verdicts of a burst's records; held fragments count when their fate is known.</summary>
    public unsafe void Add(PacketBurst burst)
    {
        RecordState* records = burst.Records;
        Records += burst.RecordCount;
        for (int index = 0; index < burst.RecordCount; index++)
        {
            ref RecordState record = ref records[index];
            Bytes += record.OriginalLength;
            if (record.Verdict == Verdict.Forwarded && record.Flags is RecordFlags.None)
            {
                _verdicts[(int)Verdict.Forwarded]++;
                continue;
            }

            AddUnusual(in record);
        }
    }

    /// <summary>Counts a record whose verdict was not known when its burst ended.</summary>
    public void Settle(in RecordState record)
    {
        _verdicts[(int)record.Verdict]++;
        if (record.Verdict == Verdict.Ignored) _ignored[(int)record.Ignored]++;
        if (record.Verdict != Verdict.Dropped) return;

        int node = record.Node == RecordState.NoNode ? _nodes : record.Node;
        ref DropTally tally = ref _drops[((node * Stages) + (int)record.Stage) * Reasons + (int)record.Drop];
        tally.Packets++;
        tally.Bytes += record.OriginalLength;
        if ((record.Flags & RecordFlags.Answered) != 0) tally.Answered++;
    }

    private void AddUnusual(in RecordState record)
    {
        RecordFlags flags = record.Flags;
        if ((flags & RecordFlags.Translated) != 0) Translated++;
        if ((flags & RecordFlags.Reoriginated) != 0) Reoriginated++;
        if ((flags & RecordFlags.Guessed) != 0) Guessed++;
        if ((flags & RecordFlags.Unlisted) != 0) Unlisted++;
        if ((flags & RecordFlags.Cut) != 0) Cut++;
        if ((flags & RecordFlags.Held) == 0) Settle(in record);
    }
}

/// <summary>Dropped packets of one kind.</summary>
public record struct DropTally(long Packets, long Bytes, long Answered);
