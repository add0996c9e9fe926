using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// Reads classic pcap: both byte orders, micro- and nanoseconds, Kuznetzov's records (libpcap's sf-pcap.c).
/// </summary>
internal sealed unsafe class PcapReader : CaptureReader
{
    /// <summary>How many records ahead a header is sent for.</summary>
    private const uint Ahead = 4;

    private readonly CaptureSource _source;
    private readonly CaptureInterface[] _interfaces;
    private readonly PcapHeader _header;
    private bool _ended;
    private CaptureDamage? _damage;
    private CaptureDamage? _remark;

    private PcapReader(CaptureSource source, PcapHeader header)
    {
        _source = source;
        _header = header;
        _interfaces = [new CaptureInterface("", header.LinkType, header.SnapLength)];
    }

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override string Name => _source.Name;

    public override long Position => _source.Offset;

    public override long Length => _source.Length;

    public override CaptureDamage? Damage => _damage;

    public override CaptureDamage? Remark => _remark ?? _source.Remark;

    public override bool CanRewind => _source.CanRewind;

    /// <summary>Reads the file's header from a source that stands at its magic.</summary>
    public static PcapReader Open(CaptureSource source) => new(source, PcapHeader.Read(source));

    public override int Read(Span<CaptureRecord> records)
    {
        if (records.IsEmpty) return 0;

        while (!_ended)
        {
            int count = _header.Swapped ? Take<SwappedOrder>(records) : Take<HostOrder>(records);
            if (count > 0) return count;

            _ended = !FetchRecord();
        }

        return 0;
    }

    public override void Rewind()
    {
        _source.Rewind(PcapFormat.FileHeaderSize);
        _ended = false;
    }

    protected override void Dispose(bool disposing) => _source.Dispose();

    /// <summary>
    /// Gives the records that are whole in the window; the bytes stay where they are.
    /// </summary>
    // Headers of large records are a chain of cache misses: the one some records on is sent for, guessed
    // from this one's size. Compiled optimised from the start: tiers, when a busy machine lets them wait,
    // cost more than twice the time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Take<TOrder>(Span<CaptureRecord> records)
        where TOrder : struct, IByteOrder
    {
        int headerSize = _header.RecordHeaderSize;
        int capturedAt = _header.CapturedLengthAt;
        int originalAt = _header.OriginalLengthAt;
        long fraction = _header.NanosecondsPerFraction;
        LinkType linkType = _header.LinkType;
        byte* at = _source.Cursor;
        byte* lastHeader = _source.End - headerSize;
        ref CaptureRecord record = ref MemoryMarshal.GetReference(records);
        ref CaptureRecord behind = ref Unsafe.Add(ref record, records.Length);

        while (at <= lastHeader && Unsafe.IsAddressLessThan(ref record, ref behind))
        {
            uint captured = TOrder.U32(at + capturedAt);
            uint original = TOrder.U32(at + originalAt);
            if (captured > original || original > int.MaxValue) (captured, original) = Mend(at, captured, original);
            if (captured > PcapFormat.LargestFrame || captured > lastHeader - at) break;

            if (Sse.IsSupported) Sse.Prefetch0(at + Ahead * (headerSize + captured));
            record.Data = at + headerSize;
            record.CapturedLength = (int)captured;
            record.OriginalLength = (int)original;
            record.Timestamp = TOrder.U32(at) * 1_000_000_000L + TOrder.U32(at + 4) * fraction;
            record.Interface = 0;
            record.LinkType = linkType;
            record.Direction = CaptureDirection.Unknown;
            record = ref Unsafe.Add(ref record, 1);
            at += headerSize + captured;
        }

        _source.Cursor = at;
        return (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetReference(records), ref record) / sizeof(CaptureRecord));
    }

    /// <summary>Both lengths, the original at least the captured one; remembers where that was not so.</summary>
    // By value: lengths that somebody may point at live on the stack, and every record would wait for them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private (uint Captured, uint Original) Mend(byte* at, uint captured, uint original)
    {
        if (captured > original && _header.MaybeSwappedLengths) (captured, original) = (original, captured);
        if (captured > PcapFormat.LargestFrame || original >= captured && original <= int.MaxValue)
            return (captured, original);

        if (original < captured)
        {
            _remark ??= new CaptureDamage(
                _source.Offset + (at - _source.Cursor),
                $"captured length {captured} is over the original length {original}; taken as {captured}");
        }

        return (captured, Math.Clamp(original, captured, int.MaxValue));
    }

    /// <summary>
    /// Brings the record at the cursor into the window; false at the end, or where the file makes no sense.
    /// </summary>
    private bool FetchRecord()
    {
        int headerSize = _header.RecordHeaderSize;
        if (!_source.Require(headerSize))
        {
            if (_source.Trouble is not null || _source.Available > 0)
                Stop($"cut off in a record header: {headerSize} bytes promised, {_source.Available} there");
            return false;
        }

        uint captured = ReadField(_header.CapturedLengthAt);
        uint original = ReadField(_header.OriginalLengthAt);
        if (_header.MaybeSwappedLengths) captured = Math.Min(captured, original);
        if (captured > PcapFormat.LargestFrame)
        {
            Stop($"a record of {captured} bytes, and no more than {PcapFormat.LargestFrame} are possible");
            return false;
        }

        if (_source.Require(headerSize + captured)) return true;

        Stop($"cut off in mid-record: {captured} bytes promised, {_source.Available - headerSize} there");
        return false;
    }

    private uint ReadField(int at) =>
        _header.Swapped ? SwappedOrder.U32(_source.Cursor + at) : HostOrder.U32(_source.Cursor + at);

    private void Stop(string text) => _damage = new CaptureDamage(_source.Offset, _source.Trouble ?? text);
}
