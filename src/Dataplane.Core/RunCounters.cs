namespace Dataplane.Core;

/// <summary>What a run counts, in columns indexed by the enums that name them.</summary>
public sealed class RunCounters
{
    private const int Reasons = 64;
    private const int Stages = 16;

    private readonly int _nodes;
    private readonly DropTally[] _drops;
    private readonly long[] _defaultDenials;
    private long[] _denials = [];
    private readonly long[] _flags = new long[byte.MaxValue + 1];
    private readonly long[] _verdicts = new long[Enum.GetValues<Verdict>().Length];
    private readonly long[] _ignored = new long[Enum.GetValues<IgnoreReason>().Length];

    public RunCounters(int nodes, int endpoints = 0)
    {
        _nodes = nodes;
        _defaultDenials = new long[2 * endpoints];
        _drops = new DropTally[(nodes + 1) * Reasons * Stages];
    }

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    public long Encapsulated { get; private set; }

    public long Decapsulated { get; set; }

    /// <summary>Packets that were too large, and went on in fragments.</summary>
    public long Fragmented { get; set; }

    public long Translated => With(RecordFlags.Translated);

    public long Reoriginated => With(RecordFlags.Reoriginated);

    public long Guessed => With(RecordFlags.Guessed);

    public long Unlisted => With(RecordFlags.Unlisted);

    public long Cut => With(RecordFlags.Cut);

    public long SuperFrames => With(RecordFlags.SuperFrame);

    public long this[Verdict verdict] => _verdicts[(int)verdict];

    public long this[IgnoreReason reason] => _ignored[(int)reason];

    /// <summary>Every (node, stage, reason) with at least one packet.</summary>
    public IEnumerable<(int Node, Stage Stage, DropReason Reason, DropTally Tally)> Drops()
    {
        for (int index = 0; index < _drops.Length; index++)
        {
            if (_drops[index].Packets == 0) continue;
            int node = index / (Reasons * Stages);
            yield return (node == _nodes ? RecordState.NoNode : node,
                (Stage)(index / Reasons % Stages), (DropReason)(index % Reasons), _drops[index]);
        }
    }

    /// <summary>
    /// What policies dropped because none of their rules allowed it: every (direction, endpoint judged) with a packet.
    /// </summary>
    public IEnumerable<(PolicyDirection Direction, int Endpoint, long Packets)> DefaultDenials()
    {
        for (int slot = 0; slot < _defaultDenials.Length; slot++)
        {
            if (_defaultDenials[slot] > 0) yield return ((PolicyDirection)(slot & 1), slot >> 1, _defaultDenials[slot]);
        }
    }

    /// <summary>What a rule itself denied: every rule's number with a packet.</summary>
    public IEnumerable<(int Rule, long Packets)> Denials()
    {
        for (int rule = 0; rule < _denials.Length; rule++)
        {
            if (_denials[rule] > 0) yield return (rule, _denials[rule]);
        }
    }

    /// <summary>Adds the verdicts of a burst's records; held fragments count when their fate is known.</summary>
    public unsafe void Add(PacketBurst burst)
    {
        RecordState* records = burst.Records;
        long bytes = 0;
        long forwarded = 0;
        Records += burst.RecordCount;
        Encapsulated += burst.Encapsulated;
        for (int index = 0; index < burst.RecordCount; index++)
        {
            ref RecordState record = ref records[index];
            bytes += record.OriginalLength;
            _flags[(int)record.Flags]++;
            if (record.Verdict == Verdict.Forwarded) forwarded++;
            else if ((record.Flags & RecordFlags.Held) == 0) Settle(in record);
        }

        Bytes += bytes;
        _verdicts[(int)Verdict.Forwarded] += forwarded;
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
        if (record.Stage == Stage.Police) CountDenial(in record);
    }

    private void CountDenial(in RecordState record)
    {
        if (record.Rule < 0)
        {
            _defaultDenials[(record.Judged << 1) + (int)record.Direction]++;
            return;
        }

        if (record.Rule >= _denials.Length) Array.Resize(ref _denials, Math.Max(record.Rule + 1, 2 * _denials.Length));
        _denials[record.Rule]++;
    }

    private long With(RecordFlags flag)
    {
        long count = 0;
        for (int flags = 0; flags < _flags.Length; flags++)
        {
            if ((flags & (int)flag) != 0) count += _flags[flags];
        }

        return count;
    }
}

/// <summary>Dropped packets of one kind.</summary>
public record struct DropTally(long Packets, long Bytes, long Answered);
