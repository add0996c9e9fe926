using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>Which kinds are read, by group: a Calico NetworkPolicy is not Kubernetes' own.</summary>
internal static class ObjectKinds
{
    public static ObjectDraft Start(string? apiVersion, string kind, SourceLine place)
    {
        int slash = apiVersion?.IndexOf('/') ?? -1;
        string group = slash < 0 ? "" : apiVersion![..slash];
        return (apiVersion is null ? "any" : group, kind) switch
        {
            ("" or "any", "Node") => new NodeDraft(place),
            ("" or "any", "Namespace") => new NamespaceDraft(place),
            ("" or "any", "Pod") => new PodDraft(place),
            ("" or "any", "Service") => new ServiceDraft(place),
            ("" or "any", "Endpoints") => new EndpointsDraft(place),
            ("" or "any", "ConfigMap") => new ConfigMapDraft(place),
            ("discovery.k8s.io" or "any", "EndpointSlice") => new EndpointSliceDraft(place),
            ("networking.k8s.io" or "extensions" or "any", "NetworkPolicy") => new NetworkPolicyDraft(place),
            ("policy.networking.k8s.io" or "any", "AdminNetworkPolicy") =>
                new AdminNetworkPolicyDraft(place, isBaseline: false),
            ("policy.networking.k8s.io" or "any", "BaselineAdminNetworkPolicy") =>
                new AdminNetworkPolicyDraft(place, isBaseline: true),
            ("crd.projectcalico.org" or "projectcalico.org", "IPPool") => new CalicoPoolDraft(place),
            ("crd.projectcalico.org" or "projectcalico.org", "BlockAffinity") => new CalicoAffinityDraft(place),
            ("crd.projectcalico.org" or "projectcalico.org", "IPAMBlock") => new CalicoBlockDraft(place),
            ("crd.projectcalico.org" or "projectcalico.org", "BGPConfiguration") => new CalicoBgpDraft(place),
            ("crd.projectcalico.org" or "projectcalico.org", "FelixConfiguration") => new CalicoFelixDraft(place),
            ("cilium.io", "CiliumNode") => new CiliumNodeDraft(place),
            ("cilium.io", "CiliumEndpoint") => new CiliumEndpointDraft(place),
            ("cilium.io", "CiliumIdentity") => new CiliumIdentityDraft(place),
            ("network.openshift.io", "HostSubnet") => new HostSubnetDraft(place),
            ("network.openshift.io", "NetNamespace") => new NetNamespaceDraft(place),
            ("network.openshift.io", "ClusterNetwork") => new OpenShiftNetworkDraft(place),
            ("network.openshift.io", "EgressNetworkPolicy") => new EgressPolicyDraft(place, kind),
            ("k8s.ovn.org", "EgressFirewall") => new EgressPolicyDraft(place, kind),
            ("k8s.ovn.org", "EgressIP") => new EgressIpDraft(place),
            _ => new UnmodelledDraft(apiVersion ?? "", kind, place),
        };
    }
}
