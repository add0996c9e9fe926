using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>
/// Flannel with kube-subnet-mgr: vxlan and host-gw, pods on the bridge plugin's cni0 (flannel's pkg/backend).
/// </summary>
public static class FlannelProfile
{
    public const string Name = "flannel";

    private const int NamedPolicies = 10;

    public static NetworkModel Compile(ClusterSnapshot snapshot, EmulationSettings settings) =>
        Compile(snapshot, settings, PolicyEnforcement.Of(snapshot, Name, settings));

    /// <summary>With somebody's enforcement of policies beside it: Calico's brings its routed veths.</summary>
    public static NetworkModel Compile(ClusterSnapshot snapshot, EmulationSettings settings, PolicyEnforcement enforcement)
    {
        SettingNames.Check(snapshot, settings);
        List<string> notes = [];
        ImmutableArray<FlannelAnnotations> annotations = [.. snapshot.Nodes
            .Select(node => FlannelAnnotations.Read(node, notes))];
        FlannelConfiguration configuration = FlannelConfiguration.Read(snapshot, notes);
        FlannelPlan plan = FlannelPlan.Make(configuration, annotations, settings, notes);
        ImmutableArray<NodeNetwork> nodes = FlannelNodes.Compile(annotations, plan, settings, notes);
        ImmutableArray<PodNetwork> pods = CompilePods(snapshot, settings, notes);
        if (!enforcement.IsEnforced) NotePolicies(snapshot, notes);
        bool isCanal = enforcement.Enforcer == PolicyEnforcer.Calico;
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = snapshot,
            Nodes = nodes,
            Pods = pods,
            Attachment = settings.PodAttachment ?? (isCanal ? PodAttachment.Routed : PodAttachment.Bridge),
            Tunnel = plan.Tunnel,
            Direct = plan.Direct,
            Masquerade = settings.FlannelIpMasq,
            ClusterCidrs = plan.ClusterCidrs,
            ForwardUnlisted = settings.ForwardUnlisted,
            Notes = [.. notes],
        };
    }

    private static ImmutableArray<PodNetwork> CompilePods(ClusterSnapshot snapshot, EmulationSettings settings,
        List<string> notes)
    {
        Dictionary<string, int> nodes = [];
        for (int node = 0; node < snapshot.Nodes.Length; node++) nodes.TryAdd(snapshot.Nodes[node].Name, node);

        ImmutableArray<PodNetwork>.Builder pods = ImmutableArray.CreateBuilder<PodNetwork>();
        List<Pod> lost = [];
        foreach (Pod pod in snapshot.Pods)
        {
            if (pod.HostNetwork || pod.IsTerminated || pod.Addresses.IsEmpty) continue;
            if (nodes.TryGetValue(pod.NodeName, out int node)) pods.Add(CompilePod(pod, node, settings));
            else lost.Add(pod);
        }

        if (lost.Count > 0)
            notes.Add(
                $"left out, for their node is not in the manifests: {lost.Count} "
                + $"{(lost.Count == 1 ? "pod" : "pods")}: {NameList.Of(lost, shown: 5)}");

        return pods.DrainToImmutable();
    }

    private static PodNetwork CompilePod(Pod pod, int node, EmulationSettings settings)
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

    private static void NotePolicies(ClusterSnapshot snapshot, List<string> notes)
    {
        ImmutableArray<NetworkPolicy> policies = snapshot.NetworkPolicies;
        if (policies.IsEmpty) return;

        string count = policies.Length == 1 ? "1 policy has" : $"{policies.Length} policies have";
        string[] named = [.. policies.Select(policy => $"{policy} ({policy.Source})")];
        notes.Add($"Flannel does not enforce NetworkPolicy: {count} no effect: {NameList.Of(named, NamedPolicies)}");
    }
}
