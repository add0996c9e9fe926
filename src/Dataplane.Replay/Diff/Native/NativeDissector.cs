using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>
/// Dissects frames by the views of <c>Dataplane.Wire</c>: link layers, ARP, IP with fragments, what IP carries, VXLAN
/// and Geneve and what is in them. What a view refuses becomes a layer <c>_ws.malformed</c>, bytes and all.
/// </summary>
internal sealed class NativeDissector(ImmutableArray<TunnelPort> ports)
{
    private const int MostTunnels = 8;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly ImmutableArray<TunnelPort> _ports =
        [.. ports.Concat(TunnelPort.WellKnown).DistinctBy(port => port.Port)];

    public DissectedFrame Dissect(long number, FrameRecord record)
    {
        var frame = new DissectedFrame { Number = number };
        var sink = new FieldSink(frame, record.Bytes);
        int length = record.Bytes.Length;
        string title = $"Frame {number}: {record.OriginalLength} bytes on the wire, {length} captured";
        int layer = sink.Layer("frame", title, 0);
        (long seconds, long rest) = Math.DivRem(record.Timestamp, NanosecondsPerSecond);
        string time = string.Create(CultureInfo.InvariantCulture, $"{seconds}.{Math.Abs(rest):D9}");
        sink.Derived(layer, "frame.time_epoch", time);
        sink.Derived(layer, "frame.number", number);
        sink.Derived(layer, "frame.len", record.OriginalLength);
        sink.Derived(layer, "frame.cap_len", length);

        Carry(sink, LinkLayers.Dissect(sink, record.LinkType, new Rest(0, length)), tunnels: 0);
        return frame;
    }

    private void Carry(FieldSink sink, Carried carried, int tunnels)
    {
        switch (carried.EtherType)
        {
            case EtherType.Arp:
                LinkLayers.Arp(sink, carried.Rest);
                break;
            case EtherType.Ipv4 or EtherType.Ipv6:
                Ip(sink, carried, tunnels);
                break;
            default:
                Data(sink, carried.Rest);
                break;
        }
    }

    private void Ip(FieldSink sink, Carried carried, int tunnels)
    {
        IpPacket packet = carried.EtherType == EtherType.Ipv4
            ? IpLayers.V4(sink, carried.Rest, quotedIn: null)
            : IpLayers.V6(sink, carried.Rest, quotedIn: null);
        if (packet.IsMalformed)
        {
            Malformed(sink, packet.Rest);
            return;
        }

        if (packet.IsFragment)
        {
            Data(sink, packet.Rest);
            return;
        }

        switch (packet.Protocol)
        {
            case IpProtocol.IpInIp when tunnels < MostTunnels:
                Ip(sink, new Carried(EtherType.Ipv4, packet.Rest), tunnels + 1);
                break;
            case IpProtocol.Ipv6 when tunnels < MostTunnels:
                Ip(sink, new Carried(EtherType.Ipv6, packet.Rest), tunnels + 1);
                break;
            case IpProtocol.Udp:
                Udp(sink, packet, tunnels);
                break;
            default:
                if (!Transports.Dissect(sink, packet)) Data(sink, packet.Rest);
                break;
        }
    }

    private void Udp(FieldSink sink, in IpPacket packet, int tunnels)
    {
        if (!Transports.Udp(sink, packet, out Rest payload, out ushort port)) return;

        string? protocol = null;
        foreach (TunnelPort known in _ports)
        {
            if (known.Port == port) protocol = known.Protocol;
        }

        if (protocol is null || tunnels == MostTunnels) return;

        Carried inner = protocol == "vxlan" ? TunnelLayers.Vxlan(sink, payload) : TunnelLayers.Geneve(sink, payload);
        if (inner.EtherType == EtherType.TransparentEthernetBridging)
            Carry(sink, LinkLayers.Dissect(sink, LinkType.Ethernet, inner.Rest), tunnels + 1);
        else Carry(sink, inner, tunnels + 1);
    }

    public static void Malformed(FieldSink sink, Rest rest)
    {
        int layer = sink.Layer("_ws.malformed", "[Malformed Packet]", rest.At);
        sink.Octets(layer, "data.data", rest.At, rest.Size);
    }

    private static void Data(FieldSink sink, Rest rest)
    {
        if (rest.Size <= 0) return;

        int layer = sink.Layer("data", $"Data ({rest.Size} bytes)", rest.At);
        sink.Octets(layer, "data.data", rest.At, rest.Size);
        sink.Derived(layer, "data.len", rest.Size);
    }
}

/// <summary>A part of the frame's bytes that is not dissected yet.</summary>
internal readonly record struct Rest(int At, int End)
{
    public int Size => End - At;

    public Rest After(int size) => new(Math.Min(At + size, End), End);

    public ReadOnlySpan<byte> Of(FieldSink sink) => sink.Bytes[At..End];
}

/// <summary>What a layer carries: its EtherType, and its bytes.</summary>
internal readonly record struct Carried(ushort EtherType, Rest Rest);

/// <summary>An IP header's outcome: what it carries, and what a checksum over it needs.</summary>
internal readonly record struct IpPacket(
    byte Protocol, Rest Rest, uint AddressSum, bool IsFragment, bool IsCut, bool IsMalformed = false);
