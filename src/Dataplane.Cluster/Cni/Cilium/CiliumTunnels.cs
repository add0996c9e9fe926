using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// cilium_vxlan and cilium_geneve: the kernel's devices, told by eBPF what to write into each header.
/// </summary>
internal static class CiliumTunnels
{
    /// <summary>Null with native routing.</summary>
    public static TunnelSettings? Make(CiliumConfiguration configuration, CniRequest request)
    {
        CiliumTunnel kind = Choose(configuration, request);
        TunnelSettings? tunnel = kind switch
        {
            CiliumTunnel.Vxlan => request.Settings.Vxlan.Over(Vxlan(configuration)),
            CiliumTunnel.Geneve => request.Settings.Geneve.Over(Geneve(configuration)),
            _ => null,
        };
        if (tunnel is null && request.Snapshot.Nodes.Length > 1)
            request.Note(
                $"native routing: all {request.Snapshot.Nodes.Length} nodes are taken to share one layer-2 segment, "
                + "or the fabric to have routes to their pods");
        CniTunnels.NoteIdle(request, tunnel, "native routing");
        NoteVni(request, tunnel);
        return tunnel;
    }

    /// <summary>
    /// Beside native routing, for what goes by tunnel all the same: direct server return, egress gateways.
    /// </summary>
    public static TunnelSettings MakeBeside(CiliumConfiguration configuration, CniRequest request) =>
        configuration.TunnelProtocol == "geneve"
            ? request.Settings.Geneve.Over(Geneve(configuration))
            : request.Settings.Vxlan.Over(Vxlan(configuration));

    /// <summary>The device keeps the underlay's MTU; the pods' routes have what the tunnel leaves of it.</summary>
    public static CniMtus MakeMtus(CiliumConfiguration configuration, TunnelSettings? tunnel, CniRequest request)
    {
        int underlay = request.Settings.UnderlayMtu ?? configuration.Mtu ?? 1500;
        int? route = tunnel is null ? null : underlay - tunnel.Overhead;
        return CniMtus.Of(request, tunnel, route, underlay);
    }

    private static CiliumTunnel Choose(CiliumConfiguration configuration, CniRequest request)
    {
        if (request.Settings.CiliumTunnel is { } asked) return asked;
        if (configuration.Tunnel is { } said) return said;

        request.Note(configuration.IsThere
            ? $"{configuration.Source}: cilium-config says no tunnel-protocol: vxlan, Cilium's default"
            : "no ConfigMap cilium-config in the manifests: vxlan is assumed, Cilium's default (--set cilium.tunnel "
                + "says another)");
        return CiliumTunnel.Vxlan;
    }

    private static TunnelSettings Vxlan(CiliumConfiguration configuration) => Common(configuration) with
    {
        Kind = TunnelKind.Vxlan,
        Device = "cilium_vxlan",
        Port = configuration.TunnelPort ?? CniTunnels.KernelVxlanPort,
    };

    private static TunnelSettings Geneve(CiliumConfiguration configuration) => Common(configuration) with
    {
        Kind = TunnelKind.Geneve,
        Device = "cilium_geneve",
        Port = configuration.TunnelPort ?? CniTunnels.GenevePort,
        SourcePortMin = configuration.SourcePorts?.First ?? CniTunnels.GeneveSourcePortMin,
        SourcePortMax = configuration.SourcePorts?.Last ?? CniTunnels.GeneveSourcePortMax,
    };

    private static TunnelSettings Common(CiliumConfiguration configuration)
    {
        TunnelSettings standard = new()
        {
            Kind = TunnelKind.Vxlan,
            Device = "",
            Vni = 0,
            IdSource = TunnelIdSource.Sender,
            Inner = InnerFrame.AsSent,
            UdpChecksum = false,
            Overhead = CniTunnels.VxlanOverheadV4,
        };
        return configuration.SourcePorts is { } ports
            ? standard with { SourcePortMin = ports.First, SourcePortMax = ports.Last }
            : standard;
    }

    private static void NoteVni(CniRequest request, TunnelSettings? tunnel)
    {
        uint? vni = tunnel?.Kind == TunnelKind.Geneve ? request.Settings.Geneve.Vni : request.Settings.Vxlan.Vni;
        if (tunnel is not null && vni is not null)
            request.Note(
                "without effect under Cilium, which writes the sender's identity as VNI: the VNI of the settings");
    }
}
