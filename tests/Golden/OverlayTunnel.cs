using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The tunnels of <c>10-overlay</c> that no flannel makes: a Geneve device of the kernel, IPIP, IPv6 outside.
/// </summary>
internal static class OverlayTunnel
{
    public static NetworkModel Of(OverlaySetup setup, NetworkModel model)
    {
        if (setup.HasIpv6Underlay) return OverIpv6(setup, model);

        return setup.Mode switch
        {
            "geneve" => WithMacs(setup, model) with { Tunnel = Geneve(setup) },
            "ipip" => model with { Tunnel = IpInIp(setup) },
            _ => model,
        };
    }

    private static TunnelSettings Geneve(OverlaySetup setup) => WithLinkOptions(setup, new TunnelSettings
    {
        Kind = TunnelKind.Geneve,
        Device = setup.TunnelDevice,
        Vni = (uint)setup.Vni,
        Port = (ushort)setup.Port,
        UdpChecksum = false,
        SourcePortMin = 1,
        SourcePortMax = 65534,
    });

    // tunl0 and "nopmtudisc" copy DF; an explicit device without it sets DF on every packet.
    private static TunnelSettings IpInIp(OverlaySetup setup)
    {
        bool isExplicit = setup.LinkOptions.Length > 0
            && !setup.LinkOptions.Contains("nopmtudisc", StringComparison.Ordinal);
        return WithLinkOptions(setup, new TunnelSettings
        {
            Kind = TunnelKind.IpInIp,
            Device = setup.TunnelDevice,
            Ttl = 0,
            Df = isExplicit ? TunnelDf.Set : TunnelDf.Inherit,
            Overhead = 20,
        });
    }

    private static NetworkModel OverIpv6(OverlaySetup setup, NetworkModel model)
    {
        ImmutableArray<NodeNetwork> nodes = [.. model.Nodes.Select((node, index) => node with
        {
            UnderlayV6 = Address(setup, index),
            OwnAddresses = [.. node.OwnAddresses, Address(setup, index)],
        })];
        return model with { Nodes = nodes, Tunnel = model.Tunnel! with { OuterFamily = 6, Overhead = 70 } };
    }

    private static IpAddress Address(OverlaySetup setup, int node)
    {
        IPAddress six = setup.AddressesOf($"n{node + 1}", "eth0")
            .First(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        return IpAddress.Parse(six.ToString());
    }

    private static NetworkModel WithMacs(OverlaySetup setup, NetworkModel model) => model with
    {
        Nodes =
        [
            .. model.Nodes.Select((node, index) => node with { TunnelMac = MacAddress.Parse(setup.TunnelMacs[index]) }),
        ],
    };

    private static TunnelSettings WithLinkOptions(OverlaySetup setup, TunnelSettings tunnel)
    {
        string[] words = setup.LinkOptions.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int at = 0; at < words.Length; at++)
        {
            tunnel = (words[at], at + 1 < words.Length ? words[at + 1] : "") switch
            {
                ("ttl", "inherit") => tunnel with { Ttl = 0 },
                ("ttl", string ttl) => tunnel with { Ttl = byte.Parse(ttl, CultureInfo.InvariantCulture) },
                ("tos", "inherit") => tunnel with { TosInherit = true },
                ("tos", string tos) => tunnel with { Tos = Convert.ToByte(tos, 16) },
                ("df", "set") => tunnel with { Df = TunnelDf.Set },
                ("udpcsum", _) => tunnel with { UdpChecksum = true },
                _ => tunnel,
            };
        }

        return tunnel;
    }
}
