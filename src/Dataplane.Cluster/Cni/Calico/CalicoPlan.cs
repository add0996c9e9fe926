using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>How one family's packets go from node to node.</summary>
internal readonly record struct CalicoRouting(TunnelSettings? Tunnel, DirectRouting Direct);

/// <summary>
/// What holds for the whole cluster: tunnels and MTUs, from the pools that hold the pods, and from Felix.
/// </summary>
internal sealed record CalicoPlan
{
    private const uint Vni = 4096;

    public required CalicoRouting V4 { get; init; }

    public required CalicoRouting V6 { get; init; }

    public required bool HasV6 { get; init; }

    public required bool Masquerade { get; init; }

    public required CniMtus Mtus { get; init; }

    public static CalicoPlan Make(CniRequest request, ImmutableArray<PodNetwork> pods)
    {
        CalicoFelixSettings.NoteUnmodelled(request);
        CalicoBgp? bgp = request.Snapshot.Calico.BgpConfigurations.FirstOrDefault(bgp => bgp.Name == "default");
        if (bgp is { NodeToNodeMesh: false })
            request.Note(
                $"{bgp.Source}: nodeToNodeMeshEnabled is false: "
                + "BGP peers are taken to give every node the others' blocks");

        CalicoPool? poolV4 = CalicoPools.Choose(request, pods, 4);
        CalicoPool? poolV6 = CalicoPools.Choose(request, pods, 6);
        CalicoRouting v4 = poolV4 is null ? new CalicoRouting(null, DirectRouting.Always) : Route(request, poolV4, 4);
        CalicoRouting v6 = poolV6 is null ? new CalicoRouting(null, DirectRouting.Always) : Route(request, poolV6, 6);
        CniTunnels.NoteIdle(request, v4.Tunnel ?? v6.Tunnel, "direct routing");
        return new CalicoPlan
        {
            V4 = v4,
            V6 = v6,
            HasV6 = poolV6 is not null,
            Masquerade = (poolV4 ?? poolV6)?.NatOutgoing ?? false,
            Mtus = MakeMtus(request, v4.Tunnel ?? v6.Tunnel),
        };
    }

    private static CniMtus MakeMtus(CniRequest request, TunnelSettings? tunnel)
    {
        CalicoFelix felix = CalicoFelixSettings.Of(request.Snapshot);
        int? said = tunnel?.Kind switch
        {
            TunnelKind.Vxlan => felix.VxlanMtu,
            TunnelKind.IpInIp => felix.IpIpMtu,
            _ => null,
        };
        ConfigMap? map = request.Snapshot.ConfigMaps.FirstOrDefault(map => map.Name == "calico-config");
        bool hasVeth = int.TryParse(map?.Data.GetValueOrDefault("veth_mtu"), out int veth) && veth > 0;
        return CniMtus.Of(request, tunnel, said, hasVeth ? veth : null);
    }

    private static CalicoRouting Route(CniRequest request, CalicoPool pool, int family)
    {
        (EncapsulationMode ipIp, EncapsulationMode vxlan) = Modes(request.Settings, pool);
        if (family == 6) ipIp = EncapsulationMode.Never;
        EncapsulationMode mode = vxlan == EncapsulationMode.Never ? ipIp : vxlan;
        TunnelSettings? tunnel =
            vxlan != EncapsulationMode.Never ? Vxlan(request, family)
            : ipIp != EncapsulationMode.Never ? request.Settings.IpIp.Over(CniTunnels.IpIp("tunl0"))
            : null;
        return new CalicoRouting(tunnel, mode switch
        {
            EncapsulationMode.Always => DirectRouting.Never,
            EncapsulationMode.CrossSubnet => DirectRouting.SameSegment,
            _ => DirectRouting.Always,
        });
    }

    /// <summary>
    /// The settings' modes, else the pool's; asking for one kind of tunnel turns the pool's other one off.
    /// </summary>
    private static (EncapsulationMode IpIp, EncapsulationMode Vxlan) Modes(EmulationSettings settings, CalicoPool pool)
    {
        bool asksIpIp = settings.CalicoIpIp is not (null or EncapsulationMode.Never);
        bool asksVxlan = settings.CalicoVxlan is not (null or EncapsulationMode.Never);
        if (asksIpIp && asksVxlan)
            throw new InvalidDataException(
                "settings calico.ipip and calico.vxlan exclude each other: set one to Never");

        EncapsulationMode ipIp = settings.CalicoIpIp ?? (asksVxlan ? EncapsulationMode.Never : pool.IpIpMode);
        EncapsulationMode vxlan = settings.CalicoVxlan ?? (asksIpIp ? EncapsulationMode.Never : pool.VxlanMode);
        if (ipIp != EncapsulationMode.Never && vxlan != EncapsulationMode.Never)
            throw new InvalidDataException(
                $"{pool.Source}: IPPool {pool.Name} has both ipipMode {ipIp} and vxlanMode {vxlan}: Calico takes one, "
                + "choose with --set calico.ipip=Never or calico.vxlan=Never");

        return (ipIp, vxlan);
    }

    private static TunnelSettings Vxlan(CniRequest request, int family)
    {
        CalicoFelix felix = CalicoFelixSettings.Of(request.Snapshot);
        return request.Settings.Vxlan.Over(new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = family == 4 ? "vxlan.calico" : "vxlan-v6.calico",
            Vni = felix.VxlanVni ?? Vni,
            Port = felix.VxlanPort ?? CniTunnels.VxlanPort,
            OuterFamily = family,
            Overhead = family == 4 ? CniTunnels.VxlanOverheadV4 : CniTunnels.VxlanOverheadV6,
        });
    }
}
