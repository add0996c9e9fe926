using System.Collections.Immutable;
using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Finds UDP ports that carry VXLAN or Geneve beside the known ones, from a capture's first frames: a tunnel's header
/// must be right to the last bit, and an IP packet of the right length must be in it.
/// </summary>
public static class TunnelPortScan
{
    private const int RecordsAtOnce = 256;
    private const long MostFrames = 100_000;

    public static ImmutableArray<TunnelPort> Find(IEnumerable<string> captures, IReadOnlyCollection<TunnelPort> known)
    {
        HashSet<ushort> settled = [.. known.Concat(TunnelPort.WellKnown).Select(port => port.Port)];
        List<TunnelPort> found = [];
        foreach (string capture in captures.Where(capture => FileStamp.Of(capture) is not null))
            Scan(capture, settled, found);
        return [.. found];
    }

    private static void Scan(string capture, HashSet<ushort> settled, List<TunnelPort> found)
    {
        try
        {
            using CaptureReader reader = CaptureFile.Open(capture);
            var records = new CaptureRecord[RecordsAtOnce];
            long frames = 0;
            for (int count = reader.Read(records); count > 0 && frames < MostFrames; count = reader.Read(records))
            {
                frames += count;
                foreach (ref readonly CaptureRecord record in records.AsSpan(0, count))
                {
                    if (PortOf(record) is { } port && settled.Add(port.Port)) found.Add(port);
                }
            }
        }
        catch (InvalidDataException)
        {
            // Not a format of ours; tshark may know it, or says so.
        }
    }

    private static TunnelPort? PortOf(in CaptureRecord record)
    {
        if (record.LinkType != LinkType.Ethernet) return null;
        if (EthernetView.TryParse(record.Bytes, out EthernetView outer) != WireError.None) return null;
        if (!TryUdp(outer.EtherType, outer.Payload, out UdpView udp)) return null;

        if (VxlanView.TryParse(udp.Payload, out VxlanView vxlan) == WireError.None
            && vxlan.HasVni && !vxlan.HasReservedBits && HoldsAFrame(vxlan.Payload))
            return new TunnelPort(udp.DestinationPort, "vxlan");
        if (GeneveView.TryParse(udp.Payload, out GeneveView geneve) == WireError.None
            && geneve.Protocol == EtherType.TransparentEthernetBridging && HoldsAFrame(geneve.Payload))
            return new TunnelPort(udp.DestinationPort, "geneve");
        return null;
    }

    private static bool TryUdp(ushort type, ReadOnlySpan<byte> packet, out UdpView udp)
    {
        udp = default;
        return type switch
        {
            EtherType.Ipv4 => Ipv4View.TryParse(packet, out Ipv4View v4) == WireError.None
                && v4.Protocol == IpProtocol.Udp && !v4.IsFragment
                && UdpView.TryParse(v4.Payload, out udp) == WireError.None,
            EtherType.Ipv6 => Ipv6View.TryParse(packet, out Ipv6View v6) == WireError.None
                && v6.Protocol == IpProtocol.Udp && !v6.IsFragment
                && UdpView.TryParse(v6.Payload, out udp) == WireError.None,
            _ => false,
        };
    }

    private static bool HoldsAFrame(ReadOnlySpan<byte> bytes)
    {
        if (EthernetView.TryParse(bytes, out EthernetView inner) != WireError.None) return false;

        return inner.EtherType switch
        {
            EtherType.Ipv4 => Ipv4View.TryParse(inner.Payload, out Ipv4View v4) == WireError.None
                && v4.HasGoodChecksum && v4.TotalLength == inner.Payload.Length,
            EtherType.Ipv6 => Ipv6View.TryParse(inner.Payload, out Ipv6View v6) == WireError.None
                && Ipv6Header.Size + v6.PayloadLength == inner.Payload.Length,
            _ => false,
        };
    }
}
