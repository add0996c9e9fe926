using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Tests.Policies;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// netpol-analyzer's manifests have pods that were copied with their addresses; it goes by names. Whoever goes by addresses, as
/// every dataplane does, needs one for each pod: made up, outside of all blocks that policies name.
/// </summary>
internal static class DistinctAddresses
{
    private static readonly IpAddress FirstV4 = IpAddress.Parse("100.65.0.1");
    private static readonly IpAddress FirstV6 = IpAddress.Parse("2001:db8:65::1");

    public static PolicyCase Of(PolicyCase one)
    {
        HashSet<IpAddress> shared =
        [
            .. one.Snapshot.Pods.Where(pod => !pod.HostNetwork).SelectMany(pod => pod.Addresses)
                .GroupBy(address => address).Where(group => group.Count() > 1).Select(group => group.Key),
        ];
        if (shared.Count == 0) return one;

        ImmutableArray<Pod> pods = [.. one.Snapshot.Pods.Select((pod, number) => pod.HostNetwork ? pod : pod with
        {
            Addresses = [.. pod.Addresses.Select(address => Own(address, number))],
        })];
        return one with
        {
            Snapshot = one.Snapshot with { Pods = pods },
            Flows = [.. one.Flows.Select(flow => flow with
            {
                Flow = flow.Flow with { Source = End(flow.Flow.Source), Destination = End(flow.Flow.Destination) },
            })],
        };

        IpAddress Own(IpAddress address, int pod) =>
            !shared.Contains(address) ? address : (address.IsV4 ? FirstV4 : FirstV6).Plus((uint)pod);

        FlowEnd End(FlowEnd end) =>
            end.Pod < 0 || one.Snapshot.Pods[end.Pod].HostNetwork ? end : end with { Address = Own(end.Address, end.Pod) };
    }
}
