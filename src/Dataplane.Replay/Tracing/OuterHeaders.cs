using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>Reads from a frame on the underlay what its outermost headers say.</summary>
internal static class OuterHeaders
{
    public static TraceFrame Read(NetworkModel model, int node, ReadOnlySpan<byte> frame)
    {
        string name = model.Nodes[node].Name;
        string hex = Convert.ToHexStringLower(frame);
        if (EthernetView.TryParse(frame, out EthernetView link) != WireError.None)
            return new TraceFrame(name, "", "", hex);
        if (Ipv6View.TryParse(link.Payload, out Ipv6View six) == WireError.None)
        {
            return new TraceFrame(
                name, IpAddress.FromV6(six.Source).ToString(), IpAddress.FromV6(six.Destination).ToString(), hex);
        }

        if (Ipv4View.TryParse(link.Payload, out Ipv4View ip) != WireError.None)
            return new TraceFrame(name, "", "", hex);

        var plain = new TraceFrame(
            name, IpAddress.FromV4(ip.Source).ToString(), IpAddress.FromV4(ip.Destination).ToString(), hex);
        if (model.Tunnel is not { } tunnel) return plain;
        if (model.Beside is { } beside && IsTo(beside.Port, in ip, out UdpView aside))
            return ReadTunnel(plain, beside.Kind, aside);
        if (tunnel.Kind == TunnelKind.IpInIp)
            return ip.Protocol == IpProtocol.IpInIp ? plain with { Tunnel = "ipip" } : plain;

        return IsTo(tunnel.Port, in ip, out UdpView udp) ? ReadTunnel(plain, tunnel.Kind, udp) : plain;
    }

    private static bool IsTo(ushort port, in Ipv4View ip, out UdpView udp)
    {
        udp = default;
        return ip.Protocol == IpProtocol.Udp && UdpView.TryParse(ip.Payload, out udp) == WireError.None
            && udp.DestinationPort == port;
    }

    private static TraceFrame ReadTunnel(TraceFrame plain, TunnelKind kind, UdpView udp)
    {
        if (kind == TunnelKind.Geneve)
        {
            if (GeneveView.TryParse(udp.Payload, out GeneveView geneve) != WireError.None) return plain;

            return plain with { Tunnel = "geneve", TunnelId = geneve.Vni, DstPort = udp.DestinationPort };
        }

        if (VxlanView.TryParse(udp.Payload, out VxlanView vxlan) != WireError.None) return plain;

        return plain with { Tunnel = "vxlan", TunnelId = vxlan.Vni, DstPort = udp.DestinationPort };
    }
}
