using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>A node's devices and addresses as calico-node and the CNI plugin set them up.</summary>
internal static class CalicoNodes
{
    /// <summary>ee:ee:ee:ee:ee:ee, on the node's end of every veth (cni-plugin's dataplane/linux).</summary>
    public static readonly MacAddress VethMac = new(0xEEEE_EEEE_EEEE);

    private static readonly IpAddress GatewayV4 = IpAddress.Parse("169.254.1.1");
    private static readonly IpAddress GatewayV6 = IpAddress.Parse("fe80::ecee:eeff:feee:eeee");

    public static ImmutableArray<NodeNetwork> Compile(
        ImmutableArray<CalicoAnnotations> annotations, CalicoPlan plan, CalicoBlocks blocks, CniRequest request)
    {
        var segments = CalicoSegments.Find(annotations, plan, request);
        ImmutableArray<NodeNetwork> nodes = [.. annotations
            .Select((node, index) => Compile(node, plan, blocks.Of(node.Node.Name), segments.Of(index), request))];
        CniNodes.NoteIncomplete(
            request, nodes, "a block of addresses", "an InternalIP or projectcalico.org/IPv4Address annotation");
        NoteTunnelAddresses(annotations, plan, request);
        CniNodes.NoteMadeUpUnderlays(request, nodes.Select(node => node.Name));
        return nodes;
    }

    /// <summary>As Felix makes it where none is stored: 'f' and the SHA-1 of the node's name.</summary>
    public static MacAddress VtepMac(string name)
    {
        Span<byte> mac = stackalloc byte[MacAddress.Size];
        mac[0] = (byte)'f';
#pragma warning disable CA5350 // Nothing to protect: it is what Felix takes.
        SHA1.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, MacAddress.Size - 1).CopyTo(mac[1..]);
#pragma warning restore CA5350
        return MacAddress.FromBytes(mac);
    }

    private static NodeNetwork Compile(
        CalicoAnnotations annotations, CalicoPlan plan, ImmutableArray<IpPrefix> blocks, int segment,
        CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        string name = annotations.Node.Name;
        bool hasVtep = plan.V4.Tunnel?.Kind == TunnelKind.Vxlan;
        bool hasVtepV6 = plan.V6.Tunnel?.Kind == TunnelKind.Vxlan;
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(name, out MacAddress bridgeMac);
        NodeNetwork network = CniNodes.Base(annotations.Node, plan.Mtus, settings);
        IpAddress underlayV4 = annotations.V4.IsNone ? network.UnderlayV4 : annotations.V4;
        IpAddress underlayV6 = annotations.V6.IsNone ? network.UnderlayV6 : annotations.V6;
        return network with
        {
            PodCidrs = blocks,
            UnderlayV4 = underlayV4,
            UnderlayV6 = underlayV6,

            // The pods' devices have no address: towards them the kernel takes the node's.
            BridgeV4 = underlayV4,
            BridgeV6 = underlayV6,
            OwnAddresses = [.. network.OwnAddresses
                .Concat([annotations.V4, annotations.V6]).Where(address => !address.IsNone).Distinct()],
            GatewayV4 = GatewayV4,
            GatewayV6 = GatewayV6,
            BridgeMac = bridgeMacKnown ? bridgeMac : VethMac,
            BridgeMacKnown = bridgeMacKnown,
            RouterMac = bridgeMacKnown ? bridgeMac : VethMac,
            TunnelV4 = plan.V4.Tunnel is null ? default : TunnelAddress(annotations, plan, request, blocks),
            TunnelV6 = hasVtepV6 ? annotations.VxlanTunnelV6 : default,
            TunnelMac = !hasVtep ? default
                : settings.VtepMacs.TryGetValue(name, out MacAddress mac) ? mac
                : annotations.VxlanMacV4 ?? VtepMac(name),
            TunnelMacV6 = hasVtepV6 ? annotations.VxlanMacV6 ?? VtepMac(name + "-v6") : default,
            Segment = segment,
        };
    }

    private static IpAddress TunnelAddress(
        CalicoAnnotations annotations, CalicoPlan plan, CniRequest request, ImmutableArray<IpPrefix> blocks)
    {
        IpAddress known = KnownTunnelAddress(annotations, plan, request);
        if (!known.IsNone) return known;

        IpAddress first = CniNodes.AddressIn(
            [.. blocks.Where(block => block.Length < block.Address.Bits)], 4, offset: 0);
        return request.Snapshot.Pods.Any(pod => pod.Addresses.Contains(first)) ? default : first;
    }

    private static IpAddress KnownTunnelAddress(CalicoAnnotations annotations, CalicoPlan plan, CniRequest request)
    {
        bool isVxlan = plan.V4.Tunnel?.Kind == TunnelKind.Vxlan;
        IpAddress annotated = isVxlan ? annotations.VxlanTunnelV4 : annotations.IpIpTunnel;
        if (!annotated.IsNone) return annotated;

        string handle = (isVxlan ? "vxlan" : "ipip") + "-tunnel-addr-" + annotations.Node.Name;
        foreach (CalicoBlock block in request.Snapshot.Calico.Blocks)
        {
            for (int ordinal = 0; ordinal < block.Allocations.Length; ordinal++)
            {
                if (block.Allocations[ordinal] is not { } place || place >= block.Attributes.Length) continue;
                if (block.Attributes[place].Handle == handle) return block.Cidr.Address.Plus((uint)ordinal);
            }
        }

        return default;
    }

    private static void NoteTunnelAddresses(
        ImmutableArray<CalicoAnnotations> annotations, CalicoPlan plan, CniRequest request)
    {
        if (plan.V4.Tunnel is not { } tunnel) return;

        string[] assumed = [.. annotations
            .Where(node => KnownTunnelAddress(node, plan, request).IsNone).Select(node => node.Node.Name)];
        if (assumed.Length > 0)
            request.Note(
                $"address of {tunnel.Device} not in the manifests, "
                + "the first of the first block is assumed where no pod has it: "
                + NameList.OfNodes(assumed));
    }
}
