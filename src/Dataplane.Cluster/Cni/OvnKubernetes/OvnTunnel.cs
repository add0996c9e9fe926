using System.Collections.Immutable;
using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>Geneve as Open vSwitch's kernel datapath sends it for OVN, in one zone or between zones.</summary>
internal static class OvnTunnel
{
    private const int Overhead = 58;
    private const int OverheadV6 = 78;
    private const int DefaultMtu = 1400;
    private const uint TransitSwitch = 16711683;

    /// <summary>hybrid-overlay/pkg/types/types.go.</summary>
    private const uint HybridVni = 4097;

    public static TunnelSettings Make(
        OvnConfiguration configuration, ImmutableArray<OvnAnnotations> nodes, CniRequest request)
    {
        bool isInterconnect = nodes.Any(node => node.HasTransit)
            && nodes.Where(node => !node.IsHybrid).Select(node => node.Zone).Distinct().Count() > 1;
        bool isV6Only = nodes.Length > 0 && !nodes.Any(node => OvnNodes.Underlay(node, 4).IsV4);
        TunnelSettings tunnel = request.Settings.Geneve.Over(new TunnelSettings
        {
            Kind = TunnelKind.Geneve,
            Device = "genev_sys_" + (request.Settings.Geneve.Port ?? configuration.Port ?? CniTunnels.GenevePort),
            Vni = isInterconnect ? TransitSwitch : JoinSwitchOf(nodes, request),
            IdSource = isInterconnect ? TunnelIdSource.TransitSwitch : TunnelIdSource.LogicalSwitch,
            Inner = isInterconnect ? InnerFrame.TunnelDevices : InnerFrame.RouterToPod,
            Port = configuration.Port ?? CniTunnels.GenevePort,
            OuterFamily = isV6Only ? 6 : 4,
            Df = TunnelDf.Set,
            UdpChecksum = true,
            SourcePortMin = CniTunnels.GeneveSourcePortMin,
            SourcePortMax = CniTunnels.GeneveSourcePortMax,
            Overhead = isV6Only ? OverheadV6 : Overhead,
        });
        CniTunnels.NoteIdle(request, tunnel, "");
        NoteZones(nodes, isInterconnect, request);
        return tunnel;
    }

    // In one zone what leaves by another node's gateway router crosses the join switch; without EgressIPs nothing does.
    private static uint JoinSwitchOf(ImmutableArray<OvnAnnotations> nodes, CniRequest request)
    {
        if (request.Snapshot.Ovn.EgressIps.IsEmpty) return 0;
        if (request.Settings.OvnKeys.JoinSwitch is { } key) return key;

        request.Note(
            $"tunnel key {nodes.Count(node => !node.IsHybrid) + 1} of the join switch assumed: "
            + "behind those of the nodes' (--set ovn.joinSwitchKey=N gives it)");
        return (uint)nodes.Count(node => !node.IsHybrid) + 1;
    }

    /// <summary>1400 unless something else is said, or the underlay has no room for it.</summary>
    public static CniMtus MakeMtus(OvnConfiguration configuration, TunnelSettings tunnel, CniRequest request)
    {
        int room = (request.Settings.UnderlayMtu ?? 1500) - tunnel.Overhead;
        if (configuration.Mtu is null && request.Settings.TunnelMtu is null)
            request.Note(
                $"MTU {Math.Min(DefaultMtu, room)} assumed: ovn-kubernetes' default (--set mtu.tunnel=N says another)");
        return CniMtus.Of(request, tunnel, configuration.Mtu ?? Math.Min(DefaultMtu, room));
    }

    /// <summary>
    /// Within a zone the sending node's router is the only one; between zones each side's is passed. Pods
    /// of one node are on one switch.
    /// </summary>
    public static HopCosts HopsOf(TunnelSettings tunnel) => new()
    {
        PodToTunnel = 1,
        TunnelToPod = tunnel.IdSource == TunnelIdSource.TransitSwitch ? 1 : 0,
        PodToPod = 0,
    };

    private static void NoteZones(ImmutableArray<OvnAnnotations> nodes, bool isInterconnect, CniRequest request)
    {
        if (isInterconnect)
        {
            string[] shared =
                [.. nodes.GroupBy(node => node.Zone).Where(zone => zone.Count() > 1).Select(zone => zone.Key)];
            if (shared.Length > 0)
                request.Note(
                    $"zones of several nodes are taken for zones of one each, so that every packet passes the transit "
                    + $"switch: {NameList.Of(shared, shown: 5)}");
        }

    }

    /// <summary>
    /// VXLAN to nodes outside of OVN, as flows on br-ext send it (ovn-kubernetes'
    /// hybrid-overlay/pkg/controller/ovn_node_linux.go); null without such nodes.
    /// </summary>
    public static TunnelSettings? MakeHybrid(
        OvnConfiguration configuration, ImmutableArray<OvnAnnotations> nodes, CniRequest request)
    {
        string[] hybrid = [.. nodes.Where(node => node.IsHybrid).Select(node => node.Node.Name)];
        if (hybrid.Length == 0) return null;

        ushort port = configuration.HybridPort ?? CniTunnels.VxlanPort;
        request.Note(
            $"hybrid overlay: VXLAN {HybridVni} to port {port} of {NameList.OfNodes(hybrid)}; "
            + "what these nodes do themselves is not emulated");
        foreach (OvnAnnotations node in nodes.Where(node => node.HybridMac is null))
            request.Note(
                $"{node.Node.Source}: node {node.Node.Name}: "
                + $"no annotation {OvnAnnotations.Prefix}hybrid-overlay-distributed-router-gateway-mac: "
                + "it has no end of the hybrid overlay");
        return new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = "ext-vxlan",
            Vni = HybridVni,
            Inner = InnerFrame.TunnelDevices,
            Port = port,
            Df = TunnelDf.Set,
            UdpChecksum = false,
        };
    }
}
