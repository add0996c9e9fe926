using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>
/// What holds for the whole cluster, by the first of setting, annotation, net-conf.json and flannel's default that says
/// it.
/// </summary>
internal sealed record FlannelPlan
{
    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("10.244.0.0/16");

    public required DirectRouting Direct { get; init; }

    /// <summary>Null under host-gw.</summary>
    public required TunnelSettings? Tunnel { get; init; }

    public required TunnelSettings? TunnelV6 { get; init; }

    public required CniMtus Mtus { get; init; }

    public required ImmutableArray<IpPrefix> ClusterCidrs { get; init; }

    /// <summary>Whether nodes have tunnel devices with MACs.</summary>
    public bool HasVteps => Tunnel?.Kind == TunnelKind.Vxlan;

    public static FlannelPlan Make(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, CniRequest request)
    {
        EmulationSettings settings = request.Settings;
        FlannelBackend backend = FlannelBackends.Choose(configuration, nodes, request);
        TunnelSettings? tunnel = FlannelTunnels.Make(backend, configuration, nodes, request);
        CniMtus mtus = CniMtus.Of(request, tunnel);
        bool direct = settings.FlannelDirectRouting ?? configuration.DirectRouting ?? false;
        if (nodes.Length > 1 && (direct || tunnel is null))
            request.Note(
                $"{(tunnel is not null ? "direct routing" : "host-gw")}: "
                + $"all {nodes.Length} nodes are taken to share one layer-2 segment");

        CniTunnels.NoteIdle(request, tunnel, "host-gw", alsoIdle: tunnel is null ? ["flannel.directRouting"] : []);
        IEnumerable<IpPrefix> said = settings.FlannelNetwork.Concat(configuration.Networks);
        return new FlannelPlan
        {
            Direct = tunnel is null ? DirectRouting.Always : direct ? DirectRouting.SameSegment : DirectRouting.Never,
            Tunnel = tunnel,
            TunnelV6 = FlannelTunnels.MakeV6(tunnel, configuration, nodes),
            Mtus = mtus,
            ClusterCidrs = ClusterNetworks.Choose(
                request, said.DistinctBy(prefix => prefix.Address.Family), nodes.SelectMany(node => node.Node.PodCidrs),
                DefaultNetwork, new AssumptionWords("flannel", "--set flannel.network=CIDR says another")),
        };
    }
}
