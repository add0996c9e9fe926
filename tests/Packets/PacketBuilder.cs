using System.Text;
using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

/// <summary>Stacks layers, outermost first; <see cref="Build"/> fills in lengths, types and checksums.</summary>
public sealed class PacketBuilder
{
    private readonly List<Layer> _layers = [];

    public PacketBuilder Eth(
        string source = Packet.DefaultSource, string destination = Packet.DefaultDestination, ushort? type = null) =>
        Add(new EthernetLayer(MacAddress.Parse(source), MacAddress.Parse(destination), type));

    public PacketBuilder Snap(
        string source = Packet.DefaultSource, string destination = Packet.DefaultDestination) =>
        Add(new SnapLayer(MacAddress.Parse(source), MacAddress.Parse(destination)));

    /// <summary>A tag; several make a stack.</summary>
    public PacketBuilder Vlan(ushort id, byte priority = 0, ushort tagType = EtherType.Vlan) =>
        Add(new VlanLayer((ushort)(priority << 13 | id), tagType));

    public PacketBuilder ArpRequest(string senderMac, string sender, string target) =>
        Arp(ArpHeader.Request, senderMac, sender, "00:00:00:00:00:00", target);

    public PacketBuilder ArpReply(string senderMac, string sender, string targetMac, string target) =>
        Arp(ArpHeader.Reply, senderMac, sender, targetMac, target);

    /// <param name="fragment">
    /// Flags and offset as on the wire: <see cref="Ipv4Header.DontFragmentFlag"/> and so on.
    /// </param>
    /// <param name="protocol">Overrides what the next layer says.</param>
    public PacketBuilder Ipv4(
        string source, string destination, byte ttl = 64, ushort id = 0, byte tos = 0, ushort fragment = 0,
        byte[]? options = null, byte? protocol = null) =>
        Add(new Ipv4Layer(
            Packet.V4(source), Packet.V4(destination), ttl, id, tos, fragment, options ?? [], protocol));

    public PacketBuilder Ipv6(
        string source, string destination, byte hopLimit = 64, byte trafficClass = 0, uint flowLabel = 0,
        byte? protocol = null) =>
        Add(new Ipv6Layer(Packet.V6(source), Packet.V6(destination), hopLimit, trafficClass, flowLabel, protocol));

    /// <summary>An IPv6 extension header; <paramref name="body"/> is what follows its next-header byte.</summary>
    public PacketBuilder Extension(byte type, byte[] body) => Add(new ExtensionLayer(type, body));

    public PacketBuilder Ipv6Fragment(int offset, bool moreFragments, uint id, byte? protocol = null) =>
        Add(new Ipv6FragmentLayer(offset, moreFragments, id, protocol));

    public PacketBuilder Tcp(
        int source, int destination, TcpFlags flags = TcpFlags.Ack, uint sequence = 1, uint acknowledgment = 0,
        ushort window = 64240, byte[]? options = null) =>
        Add(new TcpLayer((ushort)source, (ushort)destination, flags, sequence, acknowledgment, window, options ?? []));

    /// <param name="checksum">False sends zero: "no checksum".</param>
    public PacketBuilder Udp(int source, int destination, bool checksum = true) =>
        Add(new UdpLayer((ushort)source, (ushort)destination, checksum));

    /// <param name="chunks">Chunks as bytes; none makes a COOKIE ACK.</param>
    public PacketBuilder Sctp(int source, int destination, uint tag = 0x1234_5678, byte[]? chunks = null) =>
        Add(new SctpLayer((ushort)source, (ushort)destination, tag, chunks ?? [SctpChunks.CookieAck, 0, 0, 4]));

    /// <summary>An ICMP message, of the family of the IP layer before it.</summary>
    public PacketBuilder Icmp(byte type, byte code = 0, uint rest = 0) => Add(new IcmpLayer(type, code, rest));

    public PacketBuilder Echo(ushort identifier = 1, ushort sequence = 1, bool reply = false) =>
        Add(new EchoLayer(reply, (uint)identifier << 16 | sequence));

    public PacketBuilder NeighborSolicitation(string target, string sourceMac) =>
        Neighbor(Icmpv6Type.NeighborSolicitation, 0, target, sourceMac);

    public PacketBuilder NeighborAdvertisement(string target, string targetMac, uint flags) =>
        Neighbor(Icmpv6Type.NeighborAdvertisement, flags, target, targetMac);

    public PacketBuilder Vxlan(uint vni) => Add(new HeaderLayer<VxlanHeader>(new VxlanHeader(vni)));

    public PacketBuilder Geneve(uint vni, byte[]? options = null, bool critical = false) =>
        Add(new GeneveLayer(vni, options ?? [], critical));

    public PacketBuilder Payload(byte[] bytes) => Add(new PayloadLayer(bytes));

    public PacketBuilder Payload(string text) => Payload(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that count up from zero.</summary>
    public PacketBuilder Payload(int size) => Payload([.. Enumerable.Range(0, size).Select(i => (byte)i)]);

    /// <summary>Another packet as this one's payload: what an ICMP error quotes.</summary>
    public PacketBuilder Payload(PacketBuilder inner) => Payload(inner.Build());

    public byte[] Build()
    {
        byte[] bytes = [];
        for (int i = _layers.Count - 1; i >= 0; i--)
        {
            Layer? next = i + 1 < _layers.Count ? _layers[i + 1] : null;
            bytes = _layers[i].Build(bytes, new Surroundings(next, NetworkLayerAbove(i)));
        }

        return bytes;
    }

    public static implicit operator byte[](PacketBuilder builder) => builder.Build();

    private PacketBuilder Arp(ushort operation, string senderMac, string sender, string targetMac, string target) =>
        Add(new ArpLayer(new ArpHeader(
            operation, MacAddress.Parse(senderMac), Packet.V4(sender), MacAddress.Parse(targetMac),
            Packet.V4(target))));

    private PacketBuilder Neighbor(byte type, uint flags, string target, string mac) =>
        Add(new NeighborLayer(type, flags, Packet.V6(target), MacAddress.Parse(mac)));

    private IpLayer? NetworkLayerAbove(int index) => _layers.Take(index).OfType<IpLayer>().LastOrDefault();

    private PacketBuilder Add(Layer layer)
    {
        _layers.Add(layer);
        return this;
    }
}
