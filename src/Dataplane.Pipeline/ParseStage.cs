using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>
/// Takes records in capture order: each frame is copied once, summed while it is copied, and read while it is in the
/// cache. Nothing that packets share is changed here, so that it can be done beside the stages of an earlier burst.
/// </summary>
public static unsafe class ParseStage
{
    private const int EthernetSize = EthernetHeader.Size;
    private const int CommonMinimum = EthernetSize + Ipv4Header.Size + UdpHeader.Size;
    private const byte PlainHeader = 0x45;
    private const ushort FragmentBits = 0x3FFF;
    private const int TcpHeaderSize = 20;

    /// <summary>Set in TCP's number, clear in UDP's.</summary>
    private const int TcpBit = 2;

    /// <summary>
    /// Fills the burst from the front of the span; gives how many records it took (at least one, if there is one).
    /// </summary>
    public static int Run(PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state) =>
        state.Topology.ManyNodes || state.Sightings is not null
            ? RunAmongOthers(burst, records, state)
            : RunAlone(burst, records, state);

    // Of one node, captured at one point. Loops of their own, and not inlined: what the other one
    // asks costs this one a third.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RunAlone(PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state)
    {
        ConnectionTable connections = state.Connections;
        int taken = 0;
        while (taken < records.Length && burst.HasRoomForRecord)
        {
            ref readonly CaptureRecord record = ref records[taken];
            ref Lane lane = ref burst.AddRecord(record.Timestamp, record.OriginalLength);
            if (TakeOne(burst, in record, ref lane, connections) && taken > 0)
            {
                burst.RemoveRecord();
                break;
            }

            taken++;
        }

        return taken;
    }

    // The burst ends where a packet may meet an earlier one of it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RunAmongOthers(PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state)
    {
        bool manyNodes = state.Topology.ManyNodes;
        ConnectionTable connections = state.Connections;
        Sightings? sightings = state.Sightings;
        int taken = 0;
        while (taken < records.Length && burst.HasRoomForRecord)
        {
            ref readonly CaptureRecord record = ref records[taken];
            ref Lane lane = ref burst.AddRecord(record.Timestamp, record.OriginalLength);
            bool isLater = TakeOne(burst, in record, ref lane, connections);
            if (manyNodes) isLater |= burst.MeetsEarlier(in lane.Key);
            if (sightings is not null) isLater |= sightings.IsLater(ref lane, in record);
            if (isLater && taken > 0)
            {
                burst.RemoveRecord();
                break;
            }

            taken++;
        }

        return taken;
    }

    /// <summary>Reads one record; gives whether it may be an answer to an earlier packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TakeOne(PacketBurst burst, in CaptureRecord record, ref Lane lane, ConnectionTable connections)
    {
        if (!TryTakeCommon(burst, in record, ref lane)) return TakeUnusual(burst, in record, ref lane);

        connections.PrefetchSlot(lane.Hash);
        return false;
    }

    /// <summary>
    /// Gives IPv6 addresses their names, in capture order; until then keys hold hashes in their place.
    /// </summary>
    public static void Name(PacketBurst burst, PipelineState state)
    {
        if (!burst.HasUnnamed) return;

        burst.HasUnnamed = false;
        Lane* lanes = burst.Lanes;
        int count = burst.Count;
        for (int index = 0; index < count; index++)
        {
            ref Lane lane = ref lanes[index];
            bool isNamed = lane.Status != LaneStatus.Live || !lane.Is(Shape.V6)
                || NetworkParser.TryName(ref lane, state.Topology.Names);
            if (!isNamed) burst.Drop(ref lane, DropReason.NoBuffer, Stage.Parse);
        }
    }

    // A node's answer to an earlier packet of the burst is known as such when that one has been on its way.
    private static bool MayBeAnswer(in Lane lane) =>
        lane.Key.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6 && lane.Transport != null
        && (lane.Is(Shape.IcmpError) || *lane.Transport is Icmpv4Type.EchoReply or Icmpv6Type.EchoReply);

    /// <summary>Ethernet, IPv4 without options, not a fragment, TCP or UDP, all of it there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTakeCommon(PacketBurst burst, in CaptureRecord record, ref Lane lane)
    {
        byte* from = record.Data;
        int present = record.CapturedLength - EthernetSize;
        if (record.CapturedLength < CommonMinimum || record.LinkType != LinkType.Ethernet) return false;
        if (record.CapturedLength != record.OriginalLength) return false;

        byte* ip = from + EthernetSize;
        if (Load16(from + EthernetSize - sizeof(ushort)) != EtherType.Ipv4 || *ip != PlainHeader) return false;
        if ((Load16(ip + Ipv4Header.FragmentOffsetOffset) & FragmentBits) != 0) return false;

        byte protocol = ip[Ipv4Header.ProtocolOffset];
        int length = Load16(ip + Ipv4Header.TotalLengthOffset);
        int isTcp = protocol >> TcpBit & 1;     // a number, not a branch: which it is cannot be predicted
        int transportMinimum = UdpHeader.Size + (isTcp * (TcpHeaderSize - UdpHeader.Size));
        if (length > present || length < Ipv4Header.Size + transportMinimum) return false;
        if ((protocol != IpProtocol.Tcp) & (protocol != IpProtocol.Udp)) return false;
        if (!HasGoodChecksum(ip)) return false;

        byte* to = burst.Allocate(present);
        if (to == null) return false;

        Unsafe.CopyBlockUnaligned(to - EthernetSize, from, EthernetSize);
        lane.Sum = InternetChecksum.CopyAndSumPadded(to, ip, length);
        if (length < present) Unsafe.CopyBlockUnaligned(to + length, ip + length, (uint)(present - length));

        lane.Hash = NetworkParser.SetPlainKey(ref lane, ip);
        lane.TcpFlags = (byte)(ip[Ipv4Header.Size + NetworkParser.TcpFlagsOffset] & -isTcp);
        lane.Frame = to - EthernetSize;
        lane.Network = to;
        lane.Transport = to + Ipv4Header.Size;
        lane.Length = record.CapturedLength;
        lane.LinkSize = EthernetSize;
        lane.NetworkLength = length;
        return true;
    }

    /// <summary>Whatever else there is; gives whether it may be an answer to an earlier packet.</summary>
    // Not inlined: its registers are the common frame's.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TakeUnusual(PacketBurst burst, in CaptureRecord record, ref Lane lane)
    {
        TakeAny(burst, in record, ref lane);
        return MayBeAnswer(in lane);
    }

    private static void TakeAny(PacketBurst burst, in CaptureRecord record, ref Lane lane)
    {
        lane.Length = record.CapturedLength;
        lane.Missing = Math.Max(0, record.OriginalLength - record.CapturedLength);
        LinkLayer link = LinkLayer.Read(record.LinkType, record.Bytes);
        if (link.Ignored != IgnoreReason.None)
        {
            burst.Ignore(ref lane, link.Ignored);
            return;
        }

        byte* to = burst.Allocate(record.CapturedLength - link.Size);
        if (to == null)
        {
            burst.Drop(ref lane, DropReason.NoBuffer, Stage.Parse);
            return;
        }

        Unsafe.CopyBlockUnaligned(to - link.Size, record.Data, (uint)record.CapturedLength);
        bool isEthernet = record.LinkType == LinkType.Ethernet;
        lane.LinkSize = isEthernet ? (byte)link.Size : (byte)0;
        lane.Frame = to - lane.LinkSize;
        lane.Network = to;
        lane.Length = record.CapturedLength - (isEthernet ? 0 : link.Size);
        if (link.IsTagged) lane.Shape |= Shape.Tagged;
        if (lane.Missing > 0) lane.Marks |= RecordFlags.Cut;
        if (link.EtherType == EtherType.Arp)
        {
            lane.Shape |= Shape.Arp;
            return;
        }

        ReadNetwork(burst, ref lane, record.CapturedLength - link.Size, link.EtherType == EtherType.Ipv6 ? 6 : 4);
    }

    // Each version has a receiver of its own, by EtherType, which refuses the other (net/ipv4/ip_input.c, ip_rcv_core).
    private static void ReadNetwork(PacketBurst burst, ref Lane lane, int present, int version)
    {
        DropReason reason = present > 0 && *lane.Network >> 4 != version
            ? DropReason.BadHeader
            : NetworkParser.Parse(ref lane, present, lane.Missing);
        lane.Defect = reason;
        if (reason is not (DropReason.None or DropReason.BadChecksum))
        {
            burst.Drop(ref lane, reason, Stage.Parse);
            return;
        }

        burst.HasUnnamed |= lane.Is(Shape.V6);
        if (!lane.Is(Shape.NoSum))
            lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(lane.Network, lane.NetworkLength));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasGoodChecksum(byte* ip)
    {
        ulong first = Unsafe.ReadUnaligned<ulong>(ip);
        ulong second = Unsafe.ReadUnaligned<ulong>(ip + sizeof(ulong));
        ulong sum = (uint)first + (first >> 32) + (uint)second + (second >> 32)
            + Unsafe.ReadUnaligned<uint>(ip + Ipv4Header.DestinationOffset);
        return InternetChecksum.IsZero(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Load16(byte* field) =>
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(field));
}
