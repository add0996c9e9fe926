using System.Collections.Immutable;
using System.Text;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// Which of a policy's egressGateways has which pods: by FNV-1a of the CiliumEndpoint's uid, among the gateways in the
/// order of their nodes' addresses (cilium's pkg/egressgateway/policy.go, forEachEndpointAndCIDR).
/// </summary>
internal static class CiliumGatewayShares
{
    private const uint OffsetBasis = 2166136261;
    private const uint Prime = 16777619;

    /// <summary>Positions of pods, by gateway.</summary>
    public static ILookup<int, int> Of(
        CiliumEgressPolicy policy, ImmutableArray<int> selected, int gateways, ImmutableArray<PodNetwork> pods,
        CniRequest request)
    {
        if (gateways == 1) return selected.ToLookup(_ => 0);

        Dictionary<(string, string), string> uids = [];
        foreach (CiliumEndpoint endpoint in request.Snapshot.Cilium.Endpoints.Where(endpoint =>
            endpoint.Uid.Length > 0))
            uids.TryAdd((endpoint.Namespace, endpoint.Name), endpoint.Uid);
        Pod[] unknown =
            [.. selected.Select(pod => pods[pod].Pod).Where(pod => !uids.ContainsKey((pod.Namespace, pod.Name)))];
        if (unknown.Length > 0)
            request.Note(
                $"{policy.Source}: CiliumEgressGatewayPolicy {policy.Name}: which of its {gateways} egressGateways a "
                + "pod has goes by its CiliumEndpoint's uid, which is not in the manifests; "
                + $"by its name here (get ciliumendpoints to have them): {NameList.Of(unknown, shown: 5)}");

        return selected.ToLookup(pod => (int)(Hash(uids.GetValueOrDefault((pods[pod].Pod.Namespace, pods[pod].Pod.Name))
            ?? pods[pod].Pod.ToString()) % (uint)gateways));
    }

    private static uint Hash(string uid)
    {
        uint hash = OffsetBasis;
        foreach (byte letter in Encoding.UTF8.GetBytes(uid)) hash = (hash ^ letter) * Prime;
        return hash;
    }
}
