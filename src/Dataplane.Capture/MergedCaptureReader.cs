using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// Several captures as one, merged by time; packets of the same nanosecond come in the order of the readers. A capture
/// that is not in order itself keeps its own order, as with mergecap.
/// </summary>
public sealed class MergedCaptureReader : CaptureReader
{
    private const int AheadCount = 1024;

    private readonly Input[] _inputs;
    private readonly List<CaptureInterface> _interfaces = [];

    /// <summary>Owns the readers from here.</summary>
    public MergedCaptureReader(params IReadOnlyList<CaptureReader> readers)
        : this(readers, [])
    {
    }

    /// <param name="readers">It owns them from here.</param>
    /// <param name="ahead">By how much each one's clock is ahead, nanoseconds: taken off its
    /// times. None for none.</param>
    public MergedCaptureReader(IReadOnlyList<CaptureReader> readers, IReadOnlyList<long> ahead)
    {
        _inputs = [.. readers.Select((reader, index) => new Input(reader, ahead.Count == 0 ? 0 : ahead[index]))];
        Name = string.Join(", ", readers.Select(reader => reader.Name));
        foreach (Input input in _inputs) input.NumberInterfaces(_interfaces);
    }

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override bool MayAddInterfaces => _inputs.Any(input => input.Reader.MayAddInterfaces);

    public override string Name { get; }

    public override long Position => _inputs.Sum(input => input.Reader.Position);

    public override long Length =>
        _inputs.Any(input => input.Reader.Length < 0) ? -1 : _inputs.Sum(input => input.Reader.Length);

    public override CaptureDamage? Damage => FirstOf(reader => reader.Damage);

    public override CaptureDamage? Remark => FirstOf(reader => reader.Remark);

    public override bool CanRewind => _inputs.All(input => input.Reader.CanRewind);

    public override int Read(Span<CaptureRecord> records)
    {
        // Records given before this call are let go only now, for a reader's bytes stay until its next Read.
        foreach (Input input in _inputs)
        {
            if (input.IsEmpty && input.Fetch()) input.NumberInterfaces(_interfaces);
        }

        int count = 0;
        while (count < records.Length && Earliest() is { } input)
        {
            records[count++] = input.Take();
            if (input.IsEmpty && !input.Ended) break;
        }

        return count;
    }

    public override void Rewind()
    {
        foreach (Input input in _inputs) input.Rewind();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (Input input in _inputs) input.Reader.Dispose();
    }

    private Input? Earliest()
    {
        Input? earliest = null;
        foreach (Input input in _inputs)
        {
            if (!input.IsEmpty && (earliest is null || input.Time < earliest.Time)) earliest = input;
        }

        return earliest;
    }

    private CaptureDamage? FirstOf(Func<CaptureReader, CaptureDamage?> find)
    {
        foreach (Input input in _inputs)
        {
            if (find(input.Reader) is { } found) return found with { Capture = input.Reader.Name };
        }

        return null;
    }

    /// <summary>A reader and the records that it has given ahead.</summary>
    private sealed class Input(CaptureReader reader, long clockAhead)
    {
        private readonly CaptureRecord[] _ahead = new CaptureRecord[AheadCount];
        private readonly List<ushort> _numbers = [];
        private int _count;
        private int _next;

        public CaptureReader Reader => reader;

        public bool IsEmpty => _next == _count;

        public bool Ended { get; private set; }

        public long Time => _ahead[_next].Timestamp;

        public bool Fetch()
        {
            if (Ended) return false;

            _next = 0;
            _count = reader.Read(_ahead);
            Ended = _count == 0;
            if (clockAhead != 0)
            {
                foreach (ref CaptureRecord record in _ahead.AsSpan(0, _count)) record.Timestamp -= clockAhead;
            }

            return !Ended;
        }

        public CaptureRecord Take()
        {
            CaptureRecord record = _ahead[_next++];
            record.Interface = _numbers[record.Interface];
            return record;
        }

        public void NumberInterfaces(List<CaptureInterface> all)
        {
            for (int i = _numbers.Count; i < reader.Interfaces.Count; i++)
            {
                if (all.Count > ushort.MaxValue)
                    throw new InvalidDataException(
                        $"{reader.Name}: more than {ushort.MaxValue + 1} interfaces in all captures");
                _numbers.Add((ushort)all.Count);
                all.Add(reader.Interfaces[i]);
            }
        }

        public void Rewind()
        {
            reader.Rewind();
            _next = _count = 0;
            Ended = false;
        }
    }
}
