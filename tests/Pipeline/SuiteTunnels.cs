using Dataplane.Cluster.Network;
using Dataplane.Tests.Golden;
using Dataplane.Wire;

namespace Dataplane.Tests.Pipeline;

/// <summary>Tunnels between two nodes with the addresses that somebody else's test has.</summary>
internal static class SuiteTunnels
{
    /// <summary>The first node sends with these addresses and MAC; the second receives.</summary>
    public static TunnelRig Between(
        TunnelSettings tunnel, string source, string destination, string sourceMac, string destinationMac, uint id = 0)
    {
        NetworkModel Place(NetworkModel model) => model with
        {
            Nodes = [At(model.Nodes[0], source, sourceMac, id), At(model.Nodes[1], destination, destinationMac, id)],
            Pods = [.. model.Pods.Select(pod => pod with { TunnelId = id })],
        };
        return TunnelRig.With(tunnel, Place);
    }

    /// <summary>What Open vSwitch's own tests have configured: its userspace datapath, the key from the flow.</summary>
    public static TunnelSettings OpenVSwitch(TunnelKind kind, int family, ushort port, bool hasChecksum) => new()
    {
        Kind = kind,
        Device = "br0",
        IdSource = TunnelIdSource.Sender,
        Inner = InnerFrame.PodToPod,
        OuterFamily = family,
        Port = port,
        UdpChecksum = hasChecksum,
        Df = family == 4 ? TunnelDf.Set : TunnelDf.Unset,
        IsOpenVSwitch = true,
        SourcePortMin = 32768,
        SourcePortMax = 60999,
    };

    private static NodeNetwork At(NodeNetwork node, string address, string mac, uint id)
    {
        var underlay = IpAddress.Parse(address);
        return node with
        {
            UnderlayV4 = underlay.IsV4 ? underlay : default,
            UnderlayV6 = underlay.IsV6 ? underlay : default,
            OwnAddresses = [underlay],
            UnderlayMac = MacAddress.Parse(mac),
            TunnelId = id,
        };
    }
}
