using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// The same policies with ipBlocks and networks that no packet has: what Cilium's pods and nodes see of them.
/// </summary>
internal static class BlocklessPolicies
{
    private static readonly IpPrefix Nowhere = IpPrefix.Parse("240.0.0.1/32");

    public static ClusterSnapshot Of(ClusterSnapshot snapshot) => snapshot with
    {
        NetworkPolicies =
        [
            .. snapshot.NetworkPolicies.Select(policy => policy with
            {
                Ingress = [.. policy.Ingress.Select(Of)],
                Egress = [.. policy.Egress.Select(Of)],
            }),
        ],
        AdminNetworkPolicies = [.. snapshot.AdminNetworkPolicies.Select(Of)],
        BaselineAdminNetworkPolicies = [.. snapshot.BaselineAdminNetworkPolicies.Select(Of)],
    };

    private static PolicyRule Of(PolicyRule rule) => rule with
    {
        Peers = [.. rule.Peers.Select(peer => peer.Block is null ? peer : peer with { Block = Nowhere, Except = [] })],
    };

    private static AdminNetworkPolicy Of(AdminNetworkPolicy policy) => policy with
    {
        Ingress = [.. policy.Ingress.Select(Of)],
        Egress = [.. policy.Egress.Select(Of)],
    };

    private static AdminPolicyRule Of(AdminPolicyRule rule) => rule with
    {
        Peers = [.. rule.Peers.Select(peer => peer.Networks.IsEmpty ? peer : peer with { Networks = [Nowhere] })],
    };
}
