using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni.OpenShiftSdn;

/// <summary>Each pod's NetID: its namespace's; 0, the global one, in the subnet mode.</summary>
internal static class OpenShiftNetIds
{
    public static ImmutableArray<PodNetwork> Give(
        ImmutableArray<PodNetwork> pods, bool isSingleTenant, CniRequest request)
    {
        if (isSingleTenant) return pods;

        Dictionary<string, uint> ids = new() { ["default"] = 0 };
        foreach (NetNamespace space in request.Snapshot.OpenShift.NetNamespaces) ids[space.Namespace] = space.NetId;
        string[] unknown = [.. pods.Select(pod => pod.Pod.Namespace)
            .Where(space => !ids.ContainsKey(space)).Distinct().Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
            request.Note(
                "no NetNamespace in the manifests, "
                + $"NetID 0 is assumed for namespaces {NameList.Of(unknown, shown: 5)}");

        return [.. pods.Select(pod => pod with { TunnelId = ids.GetValueOrDefault(pod.Pod.Namespace) })];
    }
}
