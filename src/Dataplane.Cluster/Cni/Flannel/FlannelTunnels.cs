using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>flannel.VNI, flannel-v6.VNI and flannel.ipip (flannel's pkg/backend/vxlan and pkg/backend/ipip).</summary>
internal static class FlannelTunnels
{
    /// <summary>Null under host-gw.</summary>
    public static TunnelSettings? Make(
        FlannelBackend backend, FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes,
        CniRequest request) => backend switch
        {
            FlannelBackend.Vxlan => MakeVxlan(configuration, nodes, request),
            FlannelBackend.IpIp => MakeIpIp(nodes, request),
            _ => null,
        };

    /// <summary>
    /// Where nodes have both families and flanneld is to use IPv6: a second device, with IPv6 outside. Nodes without
    /// IPv6 addresses carry IPv6 inside of IPv4.
    /// </summary>
    public static TunnelSettings? MakeV6(
        TunnelSettings? tunnel, FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes)
    {
        if (tunnel is not { Kind: TunnelKind.Vxlan, OuterFamily: 4 }) return null;
        bool isEnabled = configuration.EnableIpv6 ?? nodes.Any(node => node.HasV6Device || node.PublicV6.IsV6);
        if (!isEnabled || !nodes.Any(node => FlannelNodes.Underlay(node, 6).IsV6)) return null;

        return tunnel with
        {
            Device = $"flannel-v6.{tunnel.Vni}",
            OuterFamily = 6,
            Overhead = CniTunnels.VxlanOverheadV6,
        };
    }

    private static TunnelSettings MakeVxlan(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        uint[] annotated = [.. nodes.Where(node => node.Vni is not null).Select(node => node.Vni!.Value).Distinct()];
        uint vni = settings.Vxlan.Vni ?? (annotated.Length > 0 ? annotated[0] : configuration.Vni ?? 1);
        if (annotated.Length > 1 && settings.Vxlan.Vni is null)
            request.Note(
                $"the nodes' annotations name several VNIs ({NameList.Of(annotated, shown: 5)}): {vni} is used "
                + $"for all");

        bool isV6Only = !nodes.Any(node => FlannelNodes.Underlay(node, 4).IsV4)
            && nodes.Any(node => FlannelNodes.Underlay(node, 6).IsV6);
        bool isV6Device = isV6Only && nodes.Any(node => node.HasV6Device || configuration.EnableIpv6 == true);
        return settings.Vxlan.Over(new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = isV6Device ? $"flannel-v6.{vni}" : $"flannel.{vni}",
            Vni = vni,
            Port = configuration.Port ?? CniTunnels.KernelVxlanPort,
            OuterFamily = isV6Only ? 6 : 4,
            Overhead = isV6Only ? CniTunnels.VxlanOverheadV6 : CniTunnels.VxlanOverheadV4,
        });
    }

    private static TunnelSettings MakeIpIp(ImmutableArray<FlannelAnnotations> nodes, CniRequest request)
    {
        if (nodes.Any(node => node.Node.PodCidrs.Any(prefix => prefix.Address.IsV6)))
            request.Note("flannel's ipip backend carries IPv4 alone: IPv6 pods of other nodes cannot be reached");
        return request.Settings.IpIp.Over(CniTunnels.IpIp("flannel.ipip"));
    }
}
