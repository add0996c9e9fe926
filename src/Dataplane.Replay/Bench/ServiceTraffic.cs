using System.Buffers.Binary;
using Dataplane.Cluster.Synthetic;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Bench;

/// <summary>
/// One UDP datagram for each flow, from pods of one node to Services of a <see cref="SyntheticCluster"/>, chosen evenly
/// from a seed; it can be sent again, later.
/// </summary>
internal sealed unsafe class ServiceTraffic : IDisposable
{
    /// <summary>Captured bytes: 64 on the wire, with the frame check sequence.</summary>
    public const int FrameSize = 60;

    private const long Start = 1_700_000_000_000_000_000;
    private const long Gap = 1000;
    private const int EthernetSize = 14;
    private const int Ipv4Size = 20;
    private const int TransportLength = FrameSize - EthernetSize - Ipv4Size;
    private const int FirstPort = 1024;

    private readonly NativeArray<byte> _bytes;
    private readonly CaptureRecord[] _records;
    private readonly FlowKey[] _keys;

    public ServiceTraffic(SyntheticOptions cluster, int flows)
    {
        _bytes = new NativeArray<byte>(((long)flows * FrameSize) + CaptureRecord.Slack);
        _records = new CaptureRecord[flows];
        _keys = new FlowKey[flows];
        var draw = new Draw(cluster.Seed);
        for (int flow = 0; flow < flows; flow++)
        {
            int pod = flow % cluster.PodsPerNode;
            _keys[flow] = new FlowKey
            {
                Source = SyntheticCluster.PodAddress(0, pod).V4,
                Destination = SyntheticCluster.ServiceAddress((int)draw.Next((uint)cluster.Services)).V4,
                SourcePort = (ushort)(FirstPort + (flow / cluster.PodsPerNode)),
                DestinationPort = SyntheticCluster.ServicePort,
                Protocol = SyntheticCluster.Protocol,
                Family = 4,
            };
            byte* frame = _bytes.Start + ((long)flow * FrameSize);
            Write(new Span<byte>(frame, FrameSize), in _keys[flow]);
            _records[flow] = new CaptureRecord
            {
                Data = frame,
                CapturedLength = FrameSize,
                OriginalLength = FrameSize,
                Timestamp = Start + (flow * Gap),
                LinkType = LinkType.Ethernet,
            };
        }
    }

    public ReadOnlySpan<CaptureRecord> Records => _records;

    /// <summary>As the emulated node tracks them.</summary>
    public ReadOnlySpan<FlowKey> Keys => _keys;

    public long Now => _records[^1].Timestamp;

    /// <summary>Everything again, so much later than the last packet.</summary>
    public void Advance(long pause)
    {
        long span = (_records.Length * Gap) + pause;
        foreach (ref CaptureRecord record in _records.AsSpan()) record.Timestamp += span;
    }

    public void Dispose() => _bytes.Dispose();

    private static void Write(Span<byte> frame, in FlowKey key)
    {
        frame.Clear();
        ReadOnlySpan<byte> bridge = [0x0a, 0x58, 0x0a, 0xf4, 0x00, 0x01];
        ReadOnlySpan<byte> podPrefix = [0x0a, 0x58];
        bridge.CopyTo(frame);
        podPrefix.CopyTo(frame[6..]);
        BinaryPrimitives.WriteUInt32BigEndian(frame[8..], key.Source);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x0800);

        Span<byte> ip = frame[EthernetSize..];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], FrameSize - EthernetSize);
        ip[8] = 64;
        ip[9] = key.Protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], key.Source);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], key.Destination);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip[..Ipv4Size], 0));

        Span<byte> udp = ip[Ipv4Size..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, key.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], key.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], TransportLength);
        uint pseudo = (key.Source >> 16) + (key.Source & 0xffff) + (key.Destination >> 16) + (key.Destination & 0xffff)
            + key.Protocol + TransportLength;
        ushort sum = Checksum(udp[..TransportLength], pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], sum == 0 ? ushort.MaxValue : sum);
    }

    /// <summary>RFC 1071, word by word: each frame is written once.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (int at = 0; at < bytes.Length; at += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
        while (sum > ushort.MaxValue) sum = (sum >> 16) + (sum & ushort.MaxValue);
        return (ushort)~sum;
    }
}
