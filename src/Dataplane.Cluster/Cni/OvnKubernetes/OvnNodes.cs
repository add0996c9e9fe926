using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>A node's switch, the router's port on it, its management port and its port on the transit switch.</summary>
internal static class OvnNodes
{
    private const ushort RouterPort = 1;
    private const uint JoinSize = 65535;

    private static readonly IpAddress JoinSubnet = IpAddress.Parse("100.64.0.0");

    public static ImmutableArray<NodeNetwork> Compile(
        ImmutableArray<OvnAnnotations> annotations, TunnelSettings tunnel, CniMtus mtus, CniRequest request)
    {
        bool isInterconnect = tunnel.IdSource == TunnelIdSource.TransitSwitch;
        bool isJoined = !isInterconnect && tunnel.Vni != 0;
        Dictionary<string, uint> numbers = Number(annotations);
        ImmutableArray<NodeNetwork> nodes = [.. annotations
            .Select(node => Compile(node, numbers[node.Node.Name], isInterconnect, mtus, request.Settings))
            .Select((node, at) =>
                isJoined ? WithJoinPort(node, annotations[at], numbers[node.Name], request.Settings.OvnKeys) : node)];
        CniNodes.NoteIncomplete(
            request, nodes, "k8s.ovn.org/node-subnets or a podCIDR",
            "k8s.ovn.org/node-primary-ifaddr or an InternalIP");
        NoteKeys(annotations, isInterconnect, request);
        CniNodes.NoteMadeUpUnderlays(
            request, annotations.Where(node => node.GatewayMac is null).Select(node => node.Node.Name));
        return nodes;
    }

    public static IpAddress Underlay(OvnAnnotations node, int family)
    {
        IpAddress annotated = family == 4 ? node.PrimaryV4 : node.PrimaryV6;
        return annotated.IsNone ? node.Node.InternalIps.FirstOrDefault(address => address.Family == family) : annotated;
    }

    /// <summary>From 1, in the order of the nodes' names.</summary>
    private static Dictionary<string, uint> Number(ImmutableArray<OvnAnnotations> nodes)
    {
        Dictionary<string, uint> numbers = [];
        foreach (OvnAnnotations node in nodes.OrderBy(node => node.IsHybrid)
            .ThenBy(node => node.Node.Name, StringComparer.Ordinal))
            numbers.TryAdd(node.Node.Name, (uint)numbers.Count + 1);
        return numbers;
    }

    private static NodeNetwork Compile(
        OvnAnnotations annotations, uint number, bool isInterconnect, CniMtus mtus, EmulationSettings settings)
    {
        Node node = annotations.Node;
        ImmutableArray<IpPrefix> subnets = annotations.IsHybrid ? annotations.HybridSubnets
            : annotations.Subnets.IsEmpty ? node.PodCidrs : annotations.Subnets;
        IpAddress gateway = CniNodes.AddressIn(subnets, 4, offset: 1);
        NodeNetwork network = CniNodes.Base(node, mtus, settings);
        bool bridgeMacKnown = settings.BridgeMacs.TryGetValue(node.Name, out MacAddress bridgeMac);
        MacAddress router = bridgeMacKnown ? bridgeMac : MadeUpMac.FromEither(
            gateway, CniNodes.AddressIn(subnets, 6, offset: 1), node.Name + "/rtos");
        OvnKeys keys = settings.OvnKeys;
        return network with
        {
            PodCidrs = subnets,
            UnderlayV4 = Underlay(annotations, 4),
            UnderlayV6 = Underlay(annotations, 6),
            UnderlayMac = settings.NodeMacs.ContainsKey(node.Name) ? network.UnderlayMac
                : annotations.GatewayMac ?? network.UnderlayMac,
            OwnAddresses = OwnAddresses(annotations, network, subnets),
            BridgeV4 = gateway,
            BridgeV6 = CniNodes.AddressIn(subnets, 6, offset: 1),
            TunnelV4 = JoinAddress(annotations, subnets),
            TunnelV6 = annotations.JoinV6.IsNone ? CniNodes.AddressIn(subnets, 6, offset: 2) : annotations.JoinV6,
            BridgeMac = router,
            BridgeMacKnown = bridgeMacKnown,
            RouterMac = router,
            IsBeside = annotations.IsHybrid,
            BesideMac = annotations.HybridMac,
            TunnelMac = isInterconnect ? TransitMac(annotations, settings) : default,
            SwitchKey = keys.Switches.GetValueOrDefault(node.Name, number),
            RouterPortKey = (ushort)keys.RouterPorts.GetValueOrDefault(node.Name, RouterPort),
            TransitPortKey = !isInterconnect ? (ushort)0
                : (ushort)keys.TransitPorts.GetValueOrDefault(node.Name, annotations.Id > 0 ? annotations.Id : number),
        };
    }

    /// <summary>
    /// The gateway router's port on the join switch, behind the cluster router's, which was the first.
    /// </summary>
    private static NodeNetwork WithJoinPort(NodeNetwork node, OvnAnnotations annotations, uint number, OvnKeys keys) =>
        node with
        {
            TransitPortKey = (ushort)keys.JoinPorts.GetValueOrDefault(
                node.Name, (annotations.Id > 0 ? annotations.Id : number) + 1),
            TunnelMac = MadeUpMac.FromEither(node.TunnelV4, node.TunnelV6, node.Name + "/rtoj"),
        };

    /// <summary>With the management port's, the second of each subnet.</summary>
    private static ImmutableArray<IpAddress> OwnAddresses(
        OvnAnnotations annotations, NodeNetwork network, ImmutableArray<IpPrefix> subnets) =>
    [
        .. network.OwnAddresses
            .Concat([annotations.PrimaryV4, annotations.PrimaryV6])
            .Append(CniNodes.AddressIn(subnets, 4, offset: 2)).Append(CniNodes.AddressIn(subnets, 6, offset: 2))
            .Where(address => !address.IsNone).Distinct(),
    ];

    /// <summary>
    /// Of the gateway router, which forces its own source on what comes from outside: annotated, else 100.64.0.0 and
    /// the node's id; without both, of the management port.
    /// </summary>
    private static IpAddress JoinAddress(OvnAnnotations node, ImmutableArray<IpPrefix> subnets)
    {
        if (!node.JoinV4.IsNone) return node.JoinV4;

        return node.Id is > 0 and < JoinSize ? JoinSubnet.Plus(node.Id) : CniNodes.AddressIn(subnets, 4, offset: 2);
    }

    private static MacAddress TransitMac(OvnAnnotations node, EmulationSettings settings) =>
        settings.VtepMacs.TryGetValue(node.Node.Name, out MacAddress mac) ? mac
            : MadeUpMac.FromEither(node.TransitV4, node.TransitV6, node.Node.Name + "/rtots");

    private static void NoteKeys(ImmutableArray<OvnAnnotations> annotations, bool isInterconnect, CniRequest request)
    {
        OvnKeys keys = request.Settings.OvnKeys;
        if (isInterconnect)
        {
            string[] unnumbered = [.. annotations
                .Where(node => node.Id == 0 && !node.IsHybrid && !keys.TransitPorts.ContainsKey(node.Node.Name))
                .Select(node => node.Node.Name)];
            if (unnumbered.Length > 0)
                request.Note(
                    "keys of transit switch ports numbered from 1 by node name, for there is no k8s.ovn.org/node-id "
                    + $"(--set ovn.NAME.transitPortKey=N gives one): {NameList.OfNodes(unnumbered)}");
            return;
        }

        string[] numbered = [.. annotations
            .Where(node => !node.IsHybrid && !keys.Switches.ContainsKey(node.Node.Name))
            .Select(node => node.Node.Name)];
        if (numbered.Length > 0)
            request.Note(
                "OVN's tunnel keys are in no manifest: switches numbered from 1 by node name, "
                + $"the router's port on each is {RouterPort}, pods' from {OvnPods.FirstPort} by address "
                + $"(--set ovn.NAME.switchKey=N and the like give them): {NameList.OfNodes(numbered)}");
    }
}
