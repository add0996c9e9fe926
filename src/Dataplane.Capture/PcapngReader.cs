using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// Reads pcapng (draft-ietf-opsawg-pcapng): any number of sections and interfaces, enhanced, simple and obsolete packet
/// blocks; other blocks are skipped. A simple packet has no time of its own and takes that of the packet before it.
/// </summary>
internal sealed unsafe partial class PcapngReader : CaptureReader
{
    private readonly CaptureSource _source;
    private readonly List<CaptureInterface> _interfaces = [];
    private readonly List<PcapngInterface> _section = [];
    private int _interfacesRead;
    private bool _swapped;
    private bool _ended;
    private long _lastTimestamp;
    private CaptureDamage? _damage;
    private CaptureDamage? _remark;

    private PcapngReader(CaptureSource source) => _source = source;

    public override IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    public override bool MayAddInterfaces => true;

    public override string Name => _source.Name;

    public override long Position => _source.Offset;

    public override long Length => _source.Length;

    public override CaptureDamage? Damage => _damage;

    public override CaptureDamage? Remark => _remark ?? _source.Remark;

    public override bool CanRewind => _source.CanRewind;

    /// <summary>Reads the first section's header from a source that stands at it.</summary>
    public static PcapngReader Open(CaptureSource source)
    {
        PcapngReader reader = new(source);
        if (reader.ReadBlock()) return reader;

        throw new InvalidDataException($"{source.Name}: {reader._damage?.Text ?? "empty"}");
    }

    public override int Read(Span<CaptureRecord> records)
    {
        if (records.IsEmpty) return 0;

        while (!_ended)
        {
            int count = _swapped ? Take<SwappedOrder>(records) : Take<HostOrder>(records);
            if (count > 0) return count;

            _ended = !ReadBlock();
        }

        return 0;
    }

    public override void Rewind()
    {
        _source.Rewind(0);
        _ended = false;
        _interfacesRead = 0;
        _lastTimestamp = 0;
        _section.Clear();
    }

    protected override void Dispose(bool disposing) => _source.Dispose();

    /// <summary>
    /// Gives packets from whole, sane packet blocks in the window, up to the first block that is something else.
    /// </summary>
    // Compiled optimised from the start: tiers, when a busy machine lets them wait, cost more than twice the time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Take<TOrder>(Span<CaptureRecord> records)
        where TOrder : struct, IByteOrder
    {
        ReadOnlySpan<PcapngInterface> section = CollectionsMarshal.AsSpan(_section);
        byte* at = _source.Cursor;
        byte* end = _source.End;
        int count = 0;
        while (count < records.Length && end - at >= PcapngFormat.SmallestBlock)
        {
            uint total = TOrder.U32(at + 4);
            if (total > end - at) break;
            if (!TryTake<TOrder>(at, total, section, out PacketPlace place)) break;

            ref readonly PcapngInterface from = ref section[(int)place.Interface];
            uint original = place.OriginalLength;
            if (original - place.CapturedLength > int.MaxValue - place.CapturedLength) original = Mend(at, in place);
            if (place.HasTime) _lastTimestamp = from.ToNanoseconds(place.Ticks);

            ref CaptureRecord record = ref records[count++];
            record.Data = at + place.DataAt;
            record.CapturedLength = (int)place.CapturedLength;
            record.OriginalLength = (int)original;
            record.Timestamp = _lastTimestamp;
            record.Interface = from.Index;
            record.LinkType = from.LinkType;
            record.Direction = DirectionOf<TOrder>(
                at + place.DataAt + PcapngFormat.Padded(place.CapturedLength), at + total - 4);
            at += total;
        }

        _source.Cursor = at;
        return count;
    }

    /// <summary>
    /// Finds the packet in a block that is whole; false for another kind of block, or one that makes no sense.
    /// </summary>
    private static bool TryTake<TOrder>(
        byte* at, uint total, ReadOnlySpan<PcapngInterface> section, out PacketPlace place)
        where TOrder : struct, IByteOrder
    {
        place = default;
        uint type = TOrder.U32(at);
        if (type == PcapngFormat.EnhancedPacket)
        {
            if (total < PcapngFormat.PacketSize) return false;
            place.Interface = TOrder.U32(at + 8);
        }
        else if (type == PcapngFormat.ObsoletePacket)
        {
            if (total < PcapngFormat.PacketSize) return false;
            place.Interface = TOrder.U16(at + 8);
        }
        else
        {
            return type == PcapngFormat.SimplePacket && TryTakeSimple<TOrder>(at, total, section, ref place);
        }

        place.HasTime = true;
        place.Ticks = (ulong)TOrder.U32(at + 12) << 32 | TOrder.U32(at + 16);
        place.CapturedLength = TOrder.U32(at + 20);
        place.OriginalLength = TOrder.U32(at + 24);
        place.DataAt = 28;
        return (total & 3) == 0 && TOrder.U32(at + total - 4) == total
            && place.Interface < (uint)section.Length
            && place.CapturedLength <= PcapFormat.LargestFrame
            && place.CapturedLength <= total - PcapngFormat.PacketSize;
    }

    /// <summary>A simple packet belongs to interface 0, whose snap length says how much of it was kept.</summary>
    private static bool TryTakeSimple<TOrder>(
        byte* at, uint total, ReadOnlySpan<PcapngInterface> section, ref PacketPlace place)
        where TOrder : struct, IByteOrder
    {
        if (total < PcapngFormat.SimplePacketSize || (total & 3) != 0 || section.IsEmpty) return false;
        if (TOrder.U32(at + total - 4) != total) return false;

        uint kept = section[0].SnapLength == 0 ? uint.MaxValue : section[0].SnapLength;
        place.OriginalLength = TOrder.U32(at + 8);
        place.CapturedLength = Math.Min(place.OriginalLength, Math.Min(kept, total - PcapngFormat.SimplePacketSize));
        place.DataAt = 12;
        return place.CapturedLength <= PcapFormat.LargestFrame;
    }

    private static CaptureDirection DirectionOf<TOrder>(byte* options, byte* end)
        where TOrder : struct, IByteOrder
    {
        PcapngOptions<TOrder> option = new(options, end);
        while (option.MoveNext())
        {
            if (option.Code != PcapngFormat.OptionPacketFlags || option.Length != 4) continue;

            uint direction = TOrder.U32(option.Value) & 3;
            return direction <= (uint)CaptureDirection.Outbound
                ? (CaptureDirection)direction
                : CaptureDirection.Unknown;
        }

        return CaptureDirection.Unknown;
    }

    private uint Mend(byte* at, in PacketPlace place)
    {
        uint captured = place.CapturedLength;
        if (place.OriginalLength < captured)
        {
            _remark ??= new CaptureDamage(
                _source.Offset + (at - _source.Cursor),
                $"captured length {captured} is over the original length {place.OriginalLength}; taken as {captured}");
        }

        return Math.Clamp(place.OriginalLength, captured, int.MaxValue);
    }

    /// <summary>Where in its block a packet lies, and what the block says of it.</summary>
    private struct PacketPlace
    {
        public uint Interface;
        public uint CapturedLength;
        public uint OriginalLength;
        public int DataAt;
        public ulong Ticks;
        public bool HasTime;
    }
}
