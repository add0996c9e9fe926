using Dataplane.Wire;
using static Dataplane.Tests.Oracles.NetworkNamespaces;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// node-a of the services' lab, live: pods' veths on a bridge, eth0 to the outside, and a veth in the place of
/// flannel's tunnel device. Pods and peers are mute: all that they send and receive passes through the test's sockets.
/// </summary>
internal sealed class KernelNode : IServiceNode, IDisposable
{
    /// <summary>A busy machine's kernel forwards later than it is asked to: so long nothing must come.</summary>
    private const int QuietRounds = 5;

    private const int RoundMilliseconds = 20;

    private static readonly byte[] Transports = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    private readonly NetworkNamespaces _spaces = new();
    private readonly Dictionary<string, PacketSocket> _places = [];
    private readonly List<RawSocket> _delivered = [];
    private readonly int _number;
    private readonly PacketSocket _loopback;
    private readonly RawSocket _output;
    private readonly RawSocket _output6;

    /// <param name="number">Tells this lab's namespaces from those of a lab that is not gone yet.</param>
    /// <exception cref="InvalidOperationException">The machine cannot: no privilege, no module, no tool.</exception>
    public KernelNode(int number)
    {
        _number = number;
        try
        {
            foreach (string space in (string[])[Space("node"), Space("peers")]) _spaces.Add(space);
            Prepare();
            BuildOutside();
            BuildBridge();
            foreach (string place in Places) _places[place] = PacketSocket.Open(Name(Space("peers")), place);
            _loopback = PacketSocket.Open(Name(Space("node")), "lo");
            _output = OpenRaw(4, RawSocket.OwnHeader);
            _output6 = OpenRaw(6, RawSocket.OwnHeader);
            foreach (byte transport in Transports) _delivered.AddRange([OpenRaw(4, transport), OpenRaw(6, transport)]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static IEnumerable<string> Places =>
        [.. ServiceLab.Pods.Select(ServiceLab.PodPlace), ServiceLab.Outside, ServiceLab.Tunnel];

    /// <summary>Loads a dump with <c>iptables-BACKEND-restore</c> or its sister for IPv6.</summary>
    /// <exception cref="InvalidOperationException">The kernel or the tool does not know something in it.</exception>
    public void LoadRules(string backend, int family, string dump)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, dump);
            Exec(Space("node"), $"{(family == 4 ? "iptables" : "ip6tables")}-{backend}-restore {path}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    public List<Sighting> Play(IReadOnlyList<PlacedPacket> packets)
    {
        foreach (PlacedPacket packet in packets) Send(packet);

        List<Sighting> seen = [];
        for (int quiet = 0, before = 0; quiet < QuietRounds; quiet = seen.Count == before ? quiet + 1 : 0)
        {
            before = seen.Count;
            Thread.Sleep(RoundMilliseconds);
            Take(seen);
        }

        return Sighting.WithoutAnswersOfTheNode(seen);
    }

    public void Dispose()
    {
        foreach (PacketSocket socket in _places.Values) socket.Dispose();
        foreach (RawSocket socket in _delivered) socket.Dispose();
        _loopback?.Dispose();
        _output?.Dispose();
        _output6?.Dispose();
        _spaces.Dispose();
    }

    private string Space(string name) => $"svc{_number}-{name}";

    private void Prepare()
    {
        Exec(Space("peers"), "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        Exec(Space("node"), "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
            + "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
            + "net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 "
            + "net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 "
            + "net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 "
            + "net.ipv4.icmp_msgs_burst=1000000 net.bridge.bridge-nf-call-iptables=1 "
            + "net.bridge.bridge-nf-call-ip6tables=1");
        Ip(Space("node"), "link set lo up");
    }

    private void BuildOutside()
    {
        string peers = Name(Space("peers"));
        Ip(
            Space("node"),
            $"link add eth0 address {ServiceLab.NodeMac} type veth peer name {ServiceLab.Outside} netns {peers}",
            $"link add flannel.1 address {ServiceLab.TunnelMac} type veth peer name {ServiceLab.Tunnel} netns {peers}",
            "link set eth0 up",
            "link set flannel.1 up",
            $"addr add {ServiceLab.NodeA}/16 dev eth0",
            $"neigh replace {ServiceLab.Gateway} lladdr {ServiceLab.GatewayMac} dev eth0 nud permanent",
            $"neigh replace {ServiceLab.NodeB} lladdr {ServiceLab.OtherNodeMac} dev eth0 nud permanent",
            "addr add 10.244.1.0/32 dev flannel.1",
            $"neigh replace 10.244.2.0 lladdr {ServiceLab.OtherTunnelMac} dev flannel.1 nud permanent",
            "addr add fd00:10:244:1::/128 dev flannel.1 nodad",
            $"neigh replace fd00:10:244:2:: lladdr {ServiceLab.OtherTunnelMac} dev flannel.1 nud permanent");
        Ip(Space("peers"), $"link set {ServiceLab.Outside} up", $"link set {ServiceLab.Tunnel} up");
        Ip(
            Space("node"),
            $"route add default via {ServiceLab.Gateway} dev eth0",
            $"neigh replace fe80::1 lladdr {ServiceLab.GatewayMac} dev eth0 nud permanent",
            "route add default via fe80::1 dev eth0",
            "route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
            "route add fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel.1 onlink");
        foreach (string device in (string[])["eth0", "flannel.1"]) Exec(Space("node"), $"ethtool -K {device} tx off");
    }

    private void BuildBridge()
    {
        List<string> node =
        [
            $"link add cni0 address {ServiceLab.BridgeMac} type bridge mcast_snooping 0",
            "link set cni0 up",
            $"addr add {ServiceLab.Bridge(4)}/24 dev cni0",
            $"addr add {ServiceLab.Bridge(6)}/64 dev cni0 nodad",
        ];
        List<string> peers = [];
        foreach (int pod in ServiceLab.Pods)
        {
            string veth = $"veth{pod}", peer = ServiceLab.PodPlace(pod);
            node.Add($"link add {veth} type veth peer name {peer} netns {Name(Space("peers"))}");
            node.Add($"link set {veth} master cni0 up");
            node.Add($"link set {veth} type bridge_slave hairpin on");
            foreach (int family in (int[])[4, 6])
                node.Add(
                    $"neigh replace {ServiceLab.PodAddress(family, 1, pod)} lladdr {ServiceLab.PodMac(pod)} dev "
                    + "cni0 nud permanent");
            peers.Add($"link set {peer} address {ServiceLab.PodMac(pod)} up");
        }

        Ip(Space("node"), node);
        Ip(Space("peers"), peers);
        foreach (int pod in ServiceLab.Pods)
            Exec(Space("node"), $"bridge fdb replace {ServiceLab.PodMac(pod)} dev veth{pod} master static");
        Exec(Space("node"), "ethtool -K cni0 tx off");
    }

    private RawSocket OpenRaw(int family, byte protocol) => RawSocket.Open(Name(Space("node")), family, protocol);

    private void Send(PlacedPacket packet)
    {
        if (packet.Place != ServiceLab.Node) _places[packet.Place].Send(ServiceLab.Frame(packet.Place, packet.Bytes));
        else if (packet.Bytes[0] >> 4 == 4) _output.Send(packet.Bytes);
        else _output6.Send(packet.Bytes);
    }

    private void Take(List<Sighting> seen)
    {
        foreach ((string place, PacketSocket socket) in _places)
        {
            seen.AddRange(socket.Receive(outgoing: false, waits: false)
                .Select(frame => Sighting.At(place, frame.AsSpan(14)))
                .OfType<Sighting>());
        }

        TakeDelivered(seen);
        TakeRefusedLocally(seen);
    }

    /// <summary>A raw socket sees what has passed INPUT, whether anybody listens or not.</summary>
    private void TakeDelivered(List<Sighting> seen)
    {
        foreach (RawSocket socket in _delivered)
            seen.AddRange(socket.TakeNumbers().Where(number => number != 0).Select(Sighting.Delivered));
    }

    private void TakeRefusedLocally(List<Sighting> seen)
    {
        foreach (byte[] frame in _loopback.Receive(outgoing: true, waits: false))
        {
            if (ServicePacket.Read(frame.AsSpan(14)) is { IsRefusal: true, Number: > 0 } refusal)
                seen.Add(Sighting.RefusedLocally(refusal.Number));
        }
    }
}
