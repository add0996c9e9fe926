using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>What calico-node wrote on its node (libcalico-go's lib/backend/k8s/resources/node.go).</summary>
internal sealed record CalicoAnnotations(Node Node)
{
    public const string Prefix = "projectcalico.org/";

    /// <summary>The address for BGP and tunnels; none where the annotation is absent.</summary>
    public IpAddress V4 { get; private init; }

    /// <summary>The subnet that address stands in; null where it is not said.</summary>
    public IpPrefix? SubnetV4 { get; private init; }

    public IpAddress V6 { get; private init; }

    public IpAddress IpIpTunnel { get; private init; }

    public IpAddress VxlanTunnelV4 { get; private init; }

    public IpAddress VxlanTunnelV6 { get; private init; }

    public MacAddress? VxlanMacV4 { get; private init; }

    public MacAddress? VxlanMacV6 { get; private init; }

    public static CalicoAnnotations Read(Node node, List<string> notes)
    {
        (IpAddress v4, IpPrefix? subnet) = Interface(node, "IPv4Address", 4, notes);
        return new CalicoAnnotations(node)
        {
            V4 = v4,
            SubnetV4 = subnet,
            V6 = Interface(node, "IPv6Address", 6, notes).Address,
            IpIpTunnel = Interface(node, "IPv4IPIPTunnelAddr", 4, notes).Address,
            VxlanTunnelV4 = Interface(node, "IPv4VXLANTunnelAddr", 4, notes).Address,
            VxlanTunnelV6 = Interface(node, "IPv6VXLANTunnelAddr", 6, notes).Address,
            VxlanMacV4 = Mac(node, "VXLANTunnelMACAddr", notes),
            VxlanMacV6 = Mac(node, "VXLANTunnelMACAddrV6", notes),
        };
    }

    /// <summary>An address, with or without the length of its subnet.</summary>
    private static (IpAddress Address, IpPrefix? Subnet) Interface(
        Node node, string name, int family, List<string> notes)
    {
        if (!node.Annotations.TryGetValue(Prefix + name, out string? text)) return default;

        if (InterfaceAddress.TryParse(text, family, out IpAddress address, out IpPrefix? subnet))
            return (address, subnet);

        notes.Add(
            $"{node.Source}: node {node.Name}: annotation {Prefix}{name} is not an IPv{family} address: ignored");
        return default;
    }

    private static MacAddress? Mac(Node node, string name, List<string> notes)
    {
        if (!node.Annotations.TryGetValue(Prefix + name, out string? text)) return null;
        if (SettingValues.TryDeviceMac(text, out MacAddress mac)) return mac;

        notes.Add(
            $"{node.Source}: node {node.Name}: annotation {Prefix}{name} is no device's MAC address: ignored");
        return null;
    }
}
