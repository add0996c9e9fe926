using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>What policies rely on and the manifests do not have, or leave open.</summary>
internal static class PolicyContradictions
{
    public static IEnumerable<Finding> Find(ClusterSnapshot snapshot) =>
        [.. UnknownNamespaces(snapshot), .. SharedPriorities(snapshot)];

    /// <summary>Manifests without any Namespace say nothing about which namespaces exist.</summary>
    private static IEnumerable<Finding> UnknownNamespaces(ClusterSnapshot snapshot)
    {
        if (snapshot.Namespaces.IsEmpty) return [];

        HashSet<string> known = [.. snapshot.Namespaces.Select(space => space.Name)];
        return snapshot.NetworkPolicies.Where(policy => known.Add(policy.Namespace)).Select(policy => new Finding(
            Severity.Note, policy.Source,
            $"NetworkPolicy {policy}: no Namespace {policy.Namespace} was read: "
            + "it has the label kubernetes.io/metadata.name and no other"));
    }

    private static IEnumerable<Finding> SharedPriorities(ClusterSnapshot snapshot)
    {
        Dictionary<int, AdminNetworkPolicy> owners = [];
        foreach (AdminNetworkPolicy policy in snapshot.AdminNetworkPolicies)
        {
            if (owners.TryAdd(policy.Priority, policy)) continue;

            AdminNetworkPolicy other = owners[policy.Priority];
            yield return new Finding(Severity.Warning, policy.Source,
                $"AdminNetworkPolicy {policy} has the priority {policy.Priority} of {other} ({other.Source}): "
                + "the API does not say which comes first, here it goes by name");
        }
    }
}
