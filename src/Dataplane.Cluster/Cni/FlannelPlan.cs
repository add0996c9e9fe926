using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>
/// What holds for the whole cluster, by the first of setting, annotation, net-conf.json and flannel's default that says
/// it.
/// </summary>
internal sealed record FlannelPlan
{
    private const ushort KernelPort = 8472;
    private const int OverheadV4 = 50;
    private const int OverheadV6 = 70;

    private static readonly IpPrefix DefaultNetwork = IpPrefix.Parse("10.244.0.0/16");

    public required FlannelBackend Backend { get; init; }

    public required DirectRouting Direct { get; init; }

    /// <summary>Null under host-gw.</summary>
    public required TunnelSettings? Tunnel { get; init; }

    public required int UnderlayMtu { get; init; }

    public required int TunnelMtu { get; init; }

    public required int PodMtu { get; init; }

    public required ImmutableArray<IpPrefix> ClusterCidrs { get; init; }

    public static FlannelPlan Make(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, EmulationSettings settings,
        List<string> notes)
    {
        FlannelBackend backend = ChooseBackend(configuration, nodes, settings, notes);
        bool isTunnel = backend == FlannelBackend.Vxlan;
        TunnelSettings? tunnel = isTunnel ? MakeTunnel(configuration, nodes, settings, notes) : null;
        int underlay = settings.UnderlayMtu ?? 1500;
        int tunnelMtu = (isTunnel ? settings.TunnelMtu : null) ?? underlay - (tunnel?.Overhead ?? 0);
        if (tunnel is not null && tunnelMtu > underlay - tunnel.Overhead)
            notes.Add(
                $"tunnel MTU {tunnelMtu} and {tunnel.Overhead} bytes of outer headers exceed the underlay's "
                + $"{underlay}: large packets leave as outer fragments");

        bool direct = settings.FlannelDirectRouting ?? configuration.DirectRouting ?? false;
        if (nodes.Length > 1 && (direct || !isTunnel))
            notes.Add(
                $"{(isTunnel ? "direct routing" : "host-gw")}: all {nodes.Length} nodes are taken to share one "
                + $"layer-2 segment");

        NoteWithoutEffect(isTunnel, settings, notes);
        return new FlannelPlan
        {
            Backend = backend,
            Direct = !isTunnel ? DirectRouting.Always : direct ? DirectRouting.SameSegment : DirectRouting.Never,
            Tunnel = tunnel,
            UnderlayMtu = underlay,
            TunnelMtu = tunnelMtu,
            PodMtu = settings.PodMtu ?? tunnelMtu,
            ClusterCidrs = ChooseNetworks(configuration, nodes, settings, notes),
        };
    }

    private static FlannelBackend ChooseBackend(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, EmulationSettings settings,
        List<string> notes)
    {
        FlannelAnnotations[] typed = [.. nodes.Where(node => node.BackendType is not null)];
        string type = typed.FirstOrDefault()?.BackendType?.ToLowerInvariant() ?? configuration.BackendType ?? "vxlan";
        if (settings.FlannelBackend is { } chosen)
        {
            if (type != NameOf(chosen))
                notes.Add(
                    $"flannel backend {NameOf(chosen)} as --set flannel.backend says, where the manifests say "
                    + $"{SettingValues.Show(type)}");
            return chosen;
        }

        foreach (FlannelAnnotations node in typed)
        {
            FlannelBackend own = BackendOf(node.BackendType!.ToLowerInvariant(),
                $"{node.Node.Source}: node {node.Node.Name}");
            if (NameOf(own) == type) continue;
            notes.Add(
                $"{node.Node.Source}: node {node.Node.Name} has flannel backend {NameOf(own)}, others {type}: "
                + $"{type} is used for all");
            break;
        }

        return BackendOf(type, $"{configuration.Source}: net-conf.json");
    }

    private static FlannelBackend BackendOf(string type, string place) => type switch
    {
        "vxlan" => FlannelBackend.Vxlan,
        "host-gw" => FlannelBackend.HostGateway,
        _ => throw new InvalidDataException(
            $"{place}: flannel backend {SettingValues.Show(type)} is not built yet (--set flannel.backend=vxlan "
            + $"or host-gw replays another)"),
    };

    private static string NameOf(FlannelBackend backend) => backend == FlannelBackend.Vxlan ? "vxlan" : "host-gw";

    private static TunnelSettings MakeTunnel(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, EmulationSettings settings,
        List<string> notes)
    {
        uint[] annotated = [.. nodes.Where(node => node.Vni is not null).Select(node => node.Vni!.Value).Distinct()];
        uint vni = settings.VxlanVni ?? (annotated.Length > 0 ? annotated[0] : configuration.Vni ?? 1);
        if (annotated.Length > 1 && settings.VxlanVni is null)
            notes.Add(
                $"the nodes' annotations name several VNIs ({NameList.Of(annotated, shown: 5)}): {vni} is used "
                + $"for all");

        bool isV6Only = !nodes.Any(node => FlannelNodes.Underlay(node, 4).IsV4)
            && nodes.Any(node => FlannelNodes.Underlay(node, 6).IsV6);
        return new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = $"flannel.{vni}",
            Vni = vni,
            Port = settings.VxlanPort ?? configuration.Port ?? KernelPort,
            Ttl = settings.VxlanTtl,
            Tos = settings.VxlanTos,
            TosInherit = settings.VxlanTosInherit,
            Df = settings.VxlanDf,
            UdpChecksum = settings.VxlanUdpChecksum,
            SourcePortMin = settings.VxlanSourcePorts.First,
            SourcePortMax = settings.VxlanSourcePorts.Last,
            Overhead = isV6Only ? OverheadV6 : OverheadV4,
        };
    }

    private static void NoteWithoutEffect(bool isTunnel, EmulationSettings settings, List<string> notes)
    {
        if (isTunnel) return;
        string[] idle = [.. settings.Given.Keys.Where(key =>
            key.StartsWith("vxlan.", StringComparison.Ordinal) || key.StartsWith("vtep.", StringComparison.Ordinal) ||
            key is "mtu.tunnel" or "flannel.directRouting")];
        if (idle.Length > 0)
            notes.Add($"without effect under host-gw, which has no tunnel: {NameList.Of(idle, shown: 10)}");
    }

    private static ImmutableArray<IpPrefix> ChooseNetworks(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, EmulationSettings settings,
        List<string> notes)
    {
        ImmutableArray<IpPrefix> networks = [];
        foreach (int family in new[] { 4, 6 })
        {
            IpPrefix[] pods = [.. nodes.SelectMany(node => node.Node.PodCidrs)
                .Where(prefix => prefix.Address.Family == family)];
            IpPrefix[] said = [.. settings.FlannelNetwork.Concat(configuration.Networks)
                .Where(prefix => prefix.Address.Family == family)];
            if (said.Length == 0 && pods.Length == 0) continue;

            IpPrefix network = said.Length > 0 ? said[0] : Assume(pods, notes);
            networks = networks.Add(network);
            IpPrefix[] outside = [.. pods.Where(prefix => !network.Contains(prefix.Address))];
            if (outside.Length > 0)
                notes.Add(
                    $"outside the cluster's network {network}, where flannel masquerades: podCIDRs "
                    + $"{NameList.Of(outside, shown: 5)}");
        }

        return networks;
    }

    private static IpPrefix Assume(IpPrefix[] pods, List<string> notes)
    {
        bool isDefault = pods.All(prefix =>
            DefaultNetwork.Contains(prefix.Address) && prefix.Length >= DefaultNetwork.Length);
        IpPrefix network = isDefault ? DefaultNetwork : Cover(pods);
        string why = isDefault ? "flannel's default, which holds all podCIDRs"
            : "the smallest prefix that holds all podCIDRs";
        notes.Add($"cluster network {network} assumed: {why} (--set flannel.network=CIDR says another)");
        return network;
    }

    private static IpPrefix Cover(IpPrefix[] prefixes)
    {
        IpPrefix cover = prefixes[0];
        foreach (IpPrefix prefix in prefixes)
        {
            int length = Math.Min(cover.Length, prefix.Length);
            while (new IpPrefix(cover.Address, length) != new IpPrefix(prefix.Address, length)) length--;
            cover = new IpPrefix(cover.Address, length);
        }

        return cover;
    }
}
