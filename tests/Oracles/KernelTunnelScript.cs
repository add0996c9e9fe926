using Dataplane.Tests.Golden;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// The two nodes of a golden lab as a shell script for a guest: namespaces n1 and n2, whose pods' and underlay's veths
/// end in the guest's own namespace, so that one program sends and sees everything.
/// </summary>
internal static class KernelTunnelScript
{
    /// <summary>
    /// Takes a variant's name: sends NAME.pod as pod p1a, NAME.wire as node 1; writes NAME.seen, a line for each frame
    /// with where it was seen: at the pods, on the wire, at the second pod because of what came from the wire.
    /// </summary>
    public const string Runner = """
        import socket, sys, time
        ends = {}
        for name in ('p1', 'p2', 'w1', 'w2'):
            ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            ends[name].bind((name, 0))
            ends[name].setblocking(False)
        seen = open(sys.argv[1] + '.seen', 'w')

        def drain(names):
            for name, end in ends.items():
                while True:
                    try:
                        frame, address = end.recvfrom(65535)
                    except BlockingIOError:
                        break
                    if address[2] != socket.PACKET_OUTGOING and name in names:
                        seen.write(names[name] + ' ' + frame.hex() + '\n')

        for phase, end, names in (
                ('.pod', 'p1', {'p1': 'p1a', 'w1': 'n1-eth0', 'w2': 'n1-eth0', 'p2': 'p2a'}),
                ('.wire', 'w2', {'p2': 'injected'})):
            for line in open(sys.argv[1] + phase):
                ends[end].send(bytes.fromhex(line))
                drain(names)
            time.sleep(0.3)
            drain(names)
        seen.close()

        """;

    private const string QuietNode =
        "net.ipv4.icmp_ratelimit=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";

    private const string Remove = """
        for device in p1 p2 w1 w2 wire; do ip link del $device; done
        ip netns del n1; ip netns del n2

        """;

    public static string Of(IEnumerable<OverlaySetup> setups) =>
        "set -e\nsysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1\n"
        + "sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000\n"
        + string.Concat(setups.Select(setup => $"{Build(setup)}python3 runner.py {setup.Variant}\n{Remove}"));

    private static string Build(OverlaySetup setup) => $"""
        ip link add wire type bridge; ip link set wire up
        {Node(setup, 0)}
        {Node(setup, 1)}

        """;

    private static string Node(OverlaySetup setup, int index)
    {
        (string node, string pod, int other) = index == 0 ? ("n1", "p1a", 1) : ("n2", "p2a", 0);
        int number = index + 1;
        return $"""
            ip netns add {node}
            ip netns exec {node} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 {QuietNode}
            ip -batch - <<END
            link add w{number} type veth peer name eth0 netns {node}
            link add p{number} type veth peer name veth0 netns {node}
            link set w{number} master wire up
            link set p{number} mtu {setup.PodMtu} up
            END
            ip -n {node} -batch - <<END
            link set lo up
            link set eth0 address {setup.NodeMacs[index]} mtu {setup.UnderlayMtu} up
            addr add {setup.Nodes[index]}/24 dev eth0
            neigh replace {setup.Nodes[other]} lladdr {setup.NodeMacs[other]} dev eth0 nud permanent
            link add cni0 type bridge mcast_snooping 0
            link set cni0 address {setup.MacOf(node, "cni0")}
            link set veth0 master cni0 mtu {setup.PodMtu} up
            link set cni0 mtu {setup.PodMtu} up
            addr add 10.244.{number}.1/24 dev cni0
            neigh replace {setup.Pods[pod]} lladdr {setup.MacOf(pod, "eth0")} dev cni0 nud permanent
            {Tunnel(setup, index, other)}
            END
            for device in eth0 veth0; do ip netns exec {node} ethtool -K $device tx off rx off gso off tso off gro off; done
            """;
    }

    private static string Tunnel(OverlaySetup setup, int index, int other)
    {
        string remote = $"10.244.{other + 1}.0";
        string peer = setup.Nodes[other];
        string device = setup.TunnelDevice;
        string address = $"link set {device} mtu {setup.TunnelMtu} up\naddr add 10.244.{index + 1}.0/32 dev {device}\n";
        if (setup.Mode == "ipip")
        {
            // Without options it is the device that comes with the module.
            string add = setup.LinkOptions.Length == 0
                ? ""
                : $"link add {device} type ipip remote {peer} local {setup.Nodes[index]} {setup.LinkOptions}\n";
            return $"{add}{address}route add {remote}/24 via {peer} dev {device} onlink";
        }

        return $"link add {device} type geneve id {setup.Vni} remote {peer} dstport {setup.Port} {setup.LinkOptions}\n"
            + $"link set {device} address {setup.TunnelMacs[index]}\n{address}"
            + $"neigh replace {remote} lladdr {setup.TunnelMacs[other]} dev {device} nud permanent\n"
            + $"route add {remote}/24 via {remote} dev {device} onlink";
    }
}
