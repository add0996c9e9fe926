using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>A kind that is counted and not read.</summary>
internal sealed class UnmodelledDraft(string apiVersion, string kind, SourceLine source) : ObjectDraft(source)
{
    private static readonly HashSet<string> TrafficKinds =
    [
        "cilium.io/CiliumNetworkPolicy", "cilium.io/CiliumClusterwideNetworkPolicy", "cilium.io/CiliumCIDRGroup",
        "cilium.io/CiliumLocalRedirectPolicy", "cilium.io/CiliumEgressGatewayPolicy", "cilium.io/CiliumEnvoyConfig",
        "cilium.io/CiliumClusterwideEnvoyConfig",
        "policy.networking.k8s.io/ClusterNetworkPolicy",
        "k8s.ovn.org/EgressService", "k8s.ovn.org/EgressQoS",
        "k8s.ovn.org/AdminPolicyBasedExternalRoute", "k8s.ovn.org/UserDefinedNetwork",
        "k8s.ovn.org/ClusterUserDefinedNetwork",
        "k8s.cni.cncf.io/MultiNetworkPolicy",
    ];

    private static readonly HashSet<string> CalicoKinds =
    [
        "NetworkPolicy", "GlobalNetworkPolicy", "NetworkSet", "GlobalNetworkSet", "HostEndpoint", "Tier",
    ];

    public override bool IsNamespaced => false;

    /// <summary>Whether an object of this kind can decide what becomes of a packet.</summary>
    public static bool CanChangeVerdict(string apiVersion, string kind)
    {
        int slash = apiVersion.IndexOf('/');
        string group = slash < 0 ? "" : apiVersion[..slash];
        return group is "crd.projectcalico.org" or "projectcalico.org"
            ? CalicoKinds.Contains(kind)
            : TrafficKinds.Contains($"{group}/{kind}");
    }

    public override void AddTo(SnapshotDraft snapshot) => snapshot.AddUnmodelled(apiVersion, kind, Source);

    protected override void ReadField(ManifestCursor cursor) => cursor.Skip();
}
