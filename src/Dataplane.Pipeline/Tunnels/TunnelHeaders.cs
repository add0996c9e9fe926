using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// What a receiving device checks between UDP and the inner frame, in the kernel's order: a wrong header, an id that is
/// not its own, bits that it does not know.
/// </summary>
internal static class TunnelHeaders
{
    private const ushort OvnClass = 0x0102;
    private const byte OvnPorts = 0x80;
    private const uint HostIdentity = 1;
    private const byte NextProtocolEthernet = 3;

    /// <summary>Gives why the packet is refused, or the header's size.</summary>
    public static DropReason Check(
        ReadOnlySpan<byte> bytes, in Lane lane, TunnelTable tunnel, Topology topology, out int size)
    {
        ref readonly TunnelParameters parameters = ref tunnel.Parameters;
        return parameters.Header == TunnelHeader.Vxlan
            ? CheckVxlan(bytes, in lane, in parameters, out size)
            : CheckGeneve(bytes, in lane, in parameters, topology, out size);
    }

    private static DropReason CheckVxlan(
        ReadOnlySpan<byte> bytes, in Lane lane, in TunnelParameters parameters, out int size)
    {
        size = VxlanHeader.Size;
        if (VxlanView.TryParse(bytes, out VxlanView vxlan) != WireError.None || !vxlan.HasVni)
            return DropReason.BadTunnelHeader;

        DropReason reason = CheckId(vxlan.Vni, in lane, in parameters);
        if (reason != DropReason.None) return reason;

        if (parameters.IsOpenVSwitch && vxlan.HasNextProtocol) return CheckNextProtocol(in vxlan);

        return vxlan.HasReservedBits ? DropReason.BadTunnelHeader : DropReason.None;
    }

    // draft-ietf-nvo3-vxlan-gpe, which Open vSwitch's userspace takes on any VXLAN port (lib/netdev-native-tnl.c,
    // netdev_vxlan_pop_header); the kernel's devices of CNIs do not.
    private static DropReason CheckNextProtocol(in VxlanView vxlan)
    {
        if (vxlan.HasBitsBeyondNextProtocol) return DropReason.BadTunnelHeader;

        return vxlan.NextProtocol == NextProtocolEthernet ? DropReason.None : DropReason.UnsupportedInner;
    }

    // A device with a VNI of its own knows no options; one that hands up what it read leaves them to Cilium's programs
    // (drivers/net/geneve.c, geneve_rx).
    private static DropReason CheckGeneve(
        ReadOnlySpan<byte> bytes, in Lane lane, in TunnelParameters parameters, Topology topology, out int size)
    {
        size = 0;
        if (GeneveView.TryParse(bytes, out GeneveView geneve) != WireError.None) return DropReason.BadTunnelHeader;

        size = geneve.HeaderSize;
        if (geneve.Protocol != EtherType.TransparentEthernetBridging) return DropReason.UnsupportedInner;
        if (parameters.Filling is TunnelFilling.LogicalSwitch or TunnelFilling.TransitSwitch)
        {
            return CheckLogical(in geneve, in lane, in parameters, topology);
        }

        DropReason reason = CheckId(geneve.Vni, in lane, in parameters);
        if (reason != DropReason.None) return reason;

        bool isHandedUp = parameters.Filling == TunnelFilling.Identity;
        return geneve.HasCritical && !isHandedUp ? DropReason.CriticalOption : DropReason.None;
    }

    // Open vSwitch hands unknown options on; OVN asks for its own.
    private static DropReason CheckLogical(
        in GeneveView geneve, in Lane lane, in TunnelParameters parameters, Topology topology)
    {
        bool isTransit = parameters.Filling == TunnelFilling.TransitSwitch;
        bool isKnown = isTransit
            ? geneve.Vni == parameters.Vni
            : topology.SwitchPorts!.HasSwitch(lane.Node, geneve.Vni);
        if (!isKnown) return DropReason.UnknownVni;

        bool hasPorts = false;
        uint ports = 0;
        GeneveOptions options = geneve.Options;
        while (options.MoveNext())
        {
            if (options.Class == OvnClass && options.Type == OvnPorts && options.Data.Length == sizeof(uint))
            {
                hasPorts = true;
                ports = BinaryPrimitives.ReadUInt32BigEndian(options.Data);
            }
            else if (options.IsCritical)
            {
                return DropReason.CriticalOption;
            }
        }

        if (options.IsMalformed || !hasPorts) return DropReason.BadTunnelHeader;

        bool isHere = isTransit
            ? (ushort)ports == topology.Nodes[lane.Node].TransitPortKey
            : (ushort)ports >= Floods.GroupKey || topology.SwitchPorts!.Has(lane.Node, geneve.Vni, (ushort)ports);
        return isHere ? DropReason.None : DropReason.UnknownPort;
    }

    private static DropReason CheckId(uint id, in Lane lane, in TunnelParameters parameters)
    {
        bool isFromNode = lane.Source.Kind == PlaceKind.Node;
        return parameters.Filling switch
        {
            TunnelFilling.Identity => id == HostIdentity ? DropReason.InvalidIdentity : DropReason.None,
            TunnelFilling.PodNetwork => isFromNode ? DropReason.None : DropReason.UnknownTunnelPeer,
            _ when id != parameters.Vni => DropReason.UnknownVni,
            _ when parameters.Header == TunnelHeader.Geneve && !isFromNode => DropReason.UnknownTunnelPeer,
            _ => DropReason.None,
        };
    }
}
