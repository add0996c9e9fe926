using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>
/// Flannel with kube-subnet-mgr: vxlan, host-gw and ipip, pods on the bridge plugin's cni0 (flannel's pkg/backend).
/// </summary>
internal sealed class FlannelProfile : ICniProfile
{
    public const string CniName = "flannel";

    private const int NamedPolicies = 10;

    public string Name => CniName;

    public CniEvidence? Recognise(ClusterSnapshot snapshot) => EvidenceSearch.Strongest(
        EvidenceSearch.Annotation(snapshot, FlannelAnnotations.Prefix),
        EvidenceSearch.ConfigMap(snapshot, FlannelConfiguration.ConfigMapName));

    public PolicyEnforcer EnforcerOf(ClusterSnapshot snapshot, EmulationSettings settings) => PolicyEnforcer.None;

    public string DefaultProxyOf(ClusterSnapshot snapshot) => "iptables";

    public NetworkModel Compile(CniRequest request)
    {
        (ClusterSnapshot snapshot, EmulationSettings settings, PolicyEnforcement enforcement) = request;
        ImmutableArray<FlannelAnnotations> annotations = [.. snapshot.Nodes
            .Select(node => FlannelAnnotations.Read(node, request.Notes))];
        FlannelPlan plan = FlannelPlan.Make(FlannelConfiguration.Read(snapshot, request.Notes), annotations, request);
        ImmutableArray<NodeNetwork> nodes = FlannelNodes.Compile(annotations, plan, request);
        ImmutableArray<PodNetwork> pods = CniPods.Compile(request);
        if (!enforcement.IsEnforced) NotePolicies(request);
        bool isCanal = enforcement.Enforcer == PolicyEnforcer.Calico;
        return new NetworkModel
        {
            Cni = Name,
            Snapshot = snapshot,
            Nodes = nodes,
            Pods = pods,
            Attachment = settings.PodAttachment ?? (isCanal ? PodAttachment.Routed : PodAttachment.Bridge),
            Tunnel = plan.Tunnel,
            TunnelV6 = plan.TunnelV6,
            Direct = plan.Direct,
            Masquerade = settings.FlannelIpMasq,
            ClusterCidrs = plan.ClusterCidrs,
            ForwardUnlisted = settings.ForwardUnlisted,
            Notes = [.. request.Notes],
        };
    }

    private static void NotePolicies(CniRequest request)
    {
        ImmutableArray<NetworkPolicy> policies = request.Snapshot.NetworkPolicies;
        if (policies.IsEmpty) return;

        string count = policies.Length == 1 ? "1 policy has" : $"{policies.Length} policies have";
        string[] named = [.. policies.Select(policy => $"{policy} ({policy.Source})")];
        request.Note(
            $"Flannel does not enforce NetworkPolicy: {count} no effect: {NameList.Of(named, NamedPolicies)}");
    }
}
