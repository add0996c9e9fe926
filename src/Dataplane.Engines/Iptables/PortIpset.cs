using Dataplane.Wire;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// <c>bitmap:port</c>: ports of TCP and UDP alike, and of no other protocol (<c>ip_set_get_ip_port</c>).
/// </summary>
internal sealed class PortIpset : Ipset
{
    private readonly ulong[] _bits = new ulong[1024];

    public override int Family => 0;

    public override long Size => _bits.Length * sizeof(ulong);

    public override void Dispose()
    {
    }

    public void Add(ushort port) => _bits[port >> 6] |= 1ul << port;

    public override bool Contains(in NetfilterPacket packet, uint sources, int directions)
    {
        if (packet.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp)) return false;
        if ((packet.Facts & PacketFacts.IsLaterFragment) != 0) return false;

        ushort port = (sources & 1) != 0 ? packet.SourcePort : packet.DestinationPort;
        return (_bits[port >> 6] >> port & 1) != 0;
    }
}
