using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// Each pod's security identity: its CiliumEndpoint's, else that of the CiliumIdentity with its labels, else a number
/// from 256 for each set of labels.
/// </summary>
internal static class CiliumIdentities
{
    private const uint FirstOfCluster = 256;

    public static ImmutableArray<PodNetwork> Give(
        ImmutableArray<PodNetwork> pods, TunnelSettings? tunnel, CniRequest request)
    {
        if (tunnel is null) return pods;

        CiliumLabels labels = new(request.Snapshot);
        Dictionary<(string, string), uint> byEndpoint = [];
        foreach (CiliumEndpoint endpoint in request.Snapshot.Cilium.Endpoints.Where(endpoint => endpoint.Identity > 0))
            byEndpoint.TryAdd((endpoint.Namespace, endpoint.Name), endpoint.Identity);
        Dictionary<string, uint> byLabels = [];
        foreach (CiliumIdentity identity in request.Snapshot.Cilium.Identities.OrderBy(identity => identity.Id))
            byLabels.TryAdd(labels.KeyOf(identity), identity.Id);

        List<Pod> unknown = [];
        Dictionary<string, uint> numbered = Number(pods, labels, byEndpoint, byLabels);
        ImmutableArray<PodNetwork> identified = [.. pods.Select(pod => pod with { TunnelId = IdentityOf(pod.Pod) })];
        if (unknown.Count > 0)
            request.Note(
                $"identities of {unknown.Count} {(unknown.Count == 1 ? "pod" : "pods")} not in the manifests, "
                + $"numbered from {FirstOfCluster} by set of labels (get ciliumendpoints to have them): "
                + $"{NameList.Of(unknown, shown: 5)}");

        return identified;

        uint IdentityOf(Pod pod)
        {
            if (byEndpoint.TryGetValue((pod.Namespace, pod.Name), out uint identity)) return identity;

            string key = labels.KeyOf(pod);
            if (byLabels.TryGetValue(key, out identity)) return identity;

            unknown.Add(pod);
            return numbered[key];
        }
    }

    /// <summary>Numbers that nobody has, in the order of the labels as text: the same on every run.</summary>
    private static Dictionary<string, uint> Number(
        ImmutableArray<PodNetwork> pods, CiliumLabels labels, Dictionary<(string, string), uint> byEndpoint,
        Dictionary<string, uint> byLabels)
    {
        HashSet<uint> taken = [.. byEndpoint.Values, .. byLabels.Values];
        Dictionary<string, uint> numbered = [];
        uint next = FirstOfCluster;
        foreach (string key in pods.Select(pod => labels.KeyOf(pod.Pod)).Distinct().Order(StringComparer.Ordinal))
        {
            if (byLabels.ContainsKey(key)) continue;

            while (taken.Contains(next)) next++;
            numbered[key] = next++;
        }

        return numbered;
    }
}
