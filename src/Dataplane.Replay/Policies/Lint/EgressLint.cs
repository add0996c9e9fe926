using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// Where egress means something else than it looks: ClusterIPs, which are translated first, and an empty list.
/// </summary>
internal static class EgressLint
{
    /// <summary>Wider blocks are about the world, and hold ClusterIPs by the way.</summary>
    private const int WidestV4 = 8;
    private const int WidestV6 = 32;

    public static void Check(LintScope scope, NetworkPolicy policy)
    {
        if (policy is { EgressSource: { } egress, Egress.IsEmpty: true, PolicyTypesGiven: false })
        {
            scope.Warn(
                LintRule.EmptyEgress, egress, policy,
                "egress: [] without policyTypes isolates nobody: write policyTypes: [Ingress, "
                + "Egress] to deny all egress");
        }

        foreach (PolicyPeer peer in policy.Egress.SelectMany(rule => rule.Peers))
        {
            if (peer.Block is { } block && block.Length >= (block.Address.IsV4 ? WidestV4 : WidestV6))
                CheckBlock(scope, policy, peer, block);
        }
    }

    private static void CheckBlock(LintScope scope, NetworkPolicy policy, PolicyPeer peer, IpPrefix block)
    {
        Service[] covered = [.. scope.Snapshot.Services.Where(service => service.ClusterIps.Any(Covers))];
        if (covered.Length == 0 || covered.Any(service => EndpointsOf(scope, service).Any(Covers))) return;

        string those = covered.Length == 1
            ? $"the ClusterIP of Service {covered[0]}, and none of its endpoints"
            : $"ClusterIPs of {Wording.Count(covered.Length, "Service")} "
                + $"({Wording.List([.. covered.Select(service => service.ToString())], 3)}), "
                + "and none of their endpoints";
        scope.Warn(
            LintRule.EgressToClusterIp, peer.Source, policy,
            $"ipBlock {block} holds {those}: egress is judged behind the Service's translation; select the pods");

        bool Covers(IpAddress address) => block.Contains(address) && !peer.Except.Any(hole => hole.Contains(address));
    }

    private static IEnumerable<IpAddress> EndpointsOf(LintScope scope, Service service)
    {
        ImmutableArray<EndpointSlice> slices =
        [
            .. scope.Snapshot.EndpointSlices.Where(slice =>
                slice.Namespace == service.Namespace && slice.ServiceName == service.Name),
        ];
        if (!slices.IsEmpty || service.Selector.IsEmpty)
            return slices.SelectMany(slice => slice.Endpoints).SelectMany(endpoint => endpoint.Addresses);

        return scope.PodsIn(service.Namespace)
            .Where(pod => service.Selector.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value))
            .SelectMany(pod => pod.Addresses);
    }
}
