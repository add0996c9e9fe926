using Dataplane.Tests.Golden;
using static Dataplane.Tests.Oracles.NetworkNamespaces;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// The two nodes of a golden lab, live: a bridge and a flannel-style vxlan device on each, and a pod that is mute: it
/// has a veth but no address, so that all that it sends and receives passes through the test's sockets.
/// </summary>
public sealed class KernelVxlanLab : IDisposable
{
    private readonly NetworkNamespaces _spaces = new();
    private readonly OverlaySetup _setup;

    /// <exception cref="InvalidOperationException">The machine cannot: no privilege, no module.</exception>
    public KernelVxlanLab(OverlaySetup setup)
    {
        _setup = setup;
        try
        {
            foreach (string space in new[] { "n1", "n2", "p1a", "p2a" }) _spaces.Add(space);
            foreach (string node in new[] { "n1", "n2" }) PrepareNode(node);
            Ip("n1", $"link add eth0 netns {Name("n1")} type veth peer name eth0 netns {Name("n2")}");
            for (int node = 0; node < 2; node++) BuildNode(node);
        }
        catch
        {
            _spaces.Dispose();
            throw;
        }
    }

    public static PacketSocket Open(string place, string device) => PacketSocket.Open(Name(place), device);

    public void Dispose() => _spaces.Dispose();

    private static void PrepareNode(string node)
    {
        Exec(node, "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
            + "net.ipv4.icmp_ratelimit=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        Ip(node, "link set lo up");
    }

    private void BuildNode(int index)
    {
        (string node, string pod, int other) = index == 0 ? ("n1", "p1a", 1) : ("n2", "p2a", 0);
        string podMac = _setup.MacOf(pod, "eth0");
        Exec(pod, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
        Ip(
            node,
            $"link set eth0 address {_setup.NodeMacs[index]} mtu {_setup.UnderlayMtu} up",
            $"addr add {_setup.Nodes[index]}/24 dev eth0",
            $"neigh replace {_setup.Nodes[other]} lladdr {_setup.NodeMacs[other]} dev eth0 nud permanent",
            "link add cni0 type bridge mcast_snooping 0",
            $"link set cni0 address {_setup.MacOf(node, "cni0")}",
            $"link add veth0 type veth peer name eth0 netns {Name(pod)}",
            $"link set veth0 master cni0 mtu {_setup.PodMtu} up",
            $"link set cni0 mtu {_setup.PodMtu} up",
            $"addr add 10.244.{index + 1}.1/24 dev cni0",
            $"neigh replace {_setup.Pods[pod]} lladdr {podMac} dev cni0 nud permanent");
        Ip(pod, $"link set eth0 address {podMac} mtu {_setup.PodMtu} up");
        BuildTunnel(node, index, other);
        foreach (string device in new[] { "eth0", "veth0", "flannel.1" })
            Exec(node, $"ethtool -K {device} tx off rx off gso off tso off gro off");
        Exec(pod, "ethtool -K eth0 tx off rx off gso off tso off gro off");
    }

    private void BuildTunnel(string node, int index, int other)
    {
        Ip(
            node,
            $"link add flannel.1 type vxlan id {_setup.Vni} dstport {_setup.Port} local {_setup.Nodes[index]} dev eth0 "
            + $"nolearning {_setup.LinkOptions}",
            $"link set flannel.1 address {_setup.TunnelMacs[index]} mtu {_setup.TunnelMtu} up",
            $"addr add 10.244.{index + 1}.0/32 dev flannel.1",
            $"neigh replace 10.244.{other + 1}.0 lladdr {_setup.TunnelMacs[other]} dev flannel.1 nud permanent",
            $"route add 10.244.{other + 1}.0/24 via 10.244.{other + 1}.0 dev flannel.1 onlink");
        Exec(node, $"bridge fdb append {_setup.TunnelMacs[other]} dev flannel.1 dst {_setup.Nodes[other]}");
    }
}
