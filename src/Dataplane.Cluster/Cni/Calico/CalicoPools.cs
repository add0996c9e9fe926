using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>Which pool decides: the one that holds most pods.</summary>
internal static class CalicoPools
{
    /// <summary>Null for a family that has neither pool nor pods.</summary>
    public static CalicoPool? Choose(CniRequest request, ImmutableArray<PodNetwork> pods, int family)
    {
        CalicoPool[] pools = [.. request.Snapshot.Calico.Pools.Where(pool => pool.Cidr.Address.Family == family)];
        IpAddress[] addresses = [.. pods
            .Select(pod => family == 4 ? pod.V4 : pod.V6).Where(address => !address.IsNone)];
        if (pools.Length == 0) return addresses.Length == 0 && family == 6 ? null : Assume(request, family);

        Dictionary<CalicoPool, int> counts = pools.ToDictionary(pool => pool, _ => 0);
        foreach (IpAddress address in addresses)
        {
            if (PoolOf(pools, address) is { } pool) counts[pool]++;
        }

        CalicoPool chosen = pools.OrderByDescending(pool => counts[pool]).ThenBy(pool => pool.Disabled).First();
        CalicoPool[] different = [.. pools.Where(pool => counts[pool] > 0 && !IsLike(pool, chosen))];
        if (different.Length > 0)
            request.Note(
                $"{chosen.Source}: IPPool {chosen.Name}, which holds most pods, decides for all; others have another "
                + $"ipipMode, vxlanMode or natOutgoing: "
                + $"{NameList.Of([.. different.Select(pool => $"{pool.Name} ({pool.Source})")], shown: 5)}");

        return chosen;
    }

    private static CalicoPool? PoolOf(CalicoPool[] pools, IpAddress address) => pools
        .Where(pool => pool.Cidr.Contains(address))
        .MaxBy(pool => pool.Cidr.Length);

    private static bool IsLike(CalicoPool left, CalicoPool right) =>
        (left.IpIpMode, left.VxlanMode, left.NatOutgoing) == (right.IpIpMode, right.VxlanMode, right.NatOutgoing);

    private static CalicoPool Assume(CniRequest request, int family)
    {
        bool isV4 = family == 4;
        request.Note(isV4
            ? "no IPPool in the manifests: ipipMode Always and natOutgoing are assumed, as calico.yaml has them "
                + "(--set calico.ipip or calico.vxlan says another)"
            : "no IPv6 IPPool in the manifests: no tunnel is assumed for IPv6, as calico.yaml has it");
        return new CalicoPool("assumed", default)
        {
            IpIpMode = isV4 ? EncapsulationMode.Always : EncapsulationMode.Never,
            NatOutgoing = isV4,
        };
    }
}
