using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// The packet was routed into the tunnel: from one node's device to the other's, the id is the device's (flannel,
/// Calico, a Geneve device of the kernel).
/// </summary>
internal readonly unsafe struct DeviceFilling : ITunnelFilling
{
    public static int Size => UdpHeader.Size + VxlanHeader.Size + EthernetHeader.Size;

    public static bool KeepsFrame => false;

    // The device's MAC is in the peer's sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to)
    {
        Link.WriteMac(ethernet, to.TunnelMac);
        return 0;
    }
}

/// <summary>Bare IP in IP (RFC 2003): there is nothing to fill.</summary>
internal readonly unsafe struct NoFilling : ITunnelFilling
{
    public static int Size => 0;

    public static bool KeepsFrame => false;

    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to) => 0;
}
