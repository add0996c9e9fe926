using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>Pods on their nodes, as every CNI has them; a profile adds what is its own.</summary>
internal static class CniPods
{
    /// <summary>Pods that have an address of their own and a node; others are left out, and that is said.</summary>
    public static ImmutableArray<PodNetwork> Compile(CniRequest request)
    {
        ImmutableArray<Node> all = request.Snapshot.Nodes;
        Dictionary<string, int> nodes = [];
        for (int node = 0; node < all.Length; node++) nodes.TryAdd(all[node].Name, node);

        ImmutableArray<PodNetwork>.Builder pods = ImmutableArray.CreateBuilder<PodNetwork>();
        List<Pod> lost = [];
        foreach (Pod pod in request.Snapshot.Pods)
        {
            if (!HasOwnAddress(pod)) continue;
            if (nodes.TryGetValue(pod.NodeName, out int node)) pods.Add(CompileOne(pod, node, request.Settings));
            else lost.Add(pod);
        }

        if (lost.Count > 0)
            request.Note(
                $"left out, for their node is not in the manifests: {lost.Count} "
                + $"{(lost.Count == 1 ? "pod" : "pods")}: {NameList.Of(lost, shown: 5)}");

        return pods.DrainToImmutable();
    }

    public static bool HasOwnAddress(Pod pod) => !pod.HostNetwork && !pod.IsTerminated && !pod.Addresses.IsEmpty;

    private static PodNetwork CompileOne(Pod pod, int node, EmulationSettings settings)
    {
        string name = pod.ToString();
        IpAddress v4 = pod.Addresses.FirstOrDefault(address => address.IsV4);
        bool macKnown = settings.PodMacs.TryGetValue(name, out MacAddress mac);
        return new PodNetwork
        {
            Pod = pod,
            Node = node,
            V4 = v4,
            V6 = pod.Addresses.FirstOrDefault(address => address.IsV6),
            Mac = macKnown ? mac : MadeUpMac.FromAddress(v4, name),
            MacKnown = macKnown,
            VethMac = settings.VethMacs.TryGetValue(name, out MacAddress veth) ? veth : null,
        };
    }
}
