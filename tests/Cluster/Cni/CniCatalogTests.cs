using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni;

public class CniCatalogTests
{
    private const string Pool =
        "apiVersion: crd.projectcalico.org/v1\nkind: IPPool\nmetadata: {name: default-ipv4-ippool}\n"
        + "spec: {cidr: 10.0.0.0/16}\n---\n";

    private const string FlannelNode =
        "apiVersion: v1\nkind: Node\n"
        + "metadata: {name: b, annotations: {flannel.alpha.coreos.com/backend-type: vxlan}}\n---\n";

    [Fact]
    public void Flannel_is_recognised_by_a_nodes_annotation() => Assert.Equal(
        new CniChoice("flannel",
            "flannel: node b has the annotation flannel.alpha.coreos.com/backend-type (manifests.yaml:3)"),
        CniCatalog.Resolve(null, Nodes(("a", "x"), ("b", "flannel.alpha.coreos.com/backend-type"))));

    [Fact]
    public void Flannel_is_recognised_by_its_config_map()
    {
        ConfigMap map = new("kube-flannel", "kube-flannel-cfg", ImmutableDictionary<string, string>.Empty,
            new SourceLine("f.yaml", 7));
        Assert.Equal(
            new CniChoice("flannel", "flannel: there is a ConfigMap kube-flannel/kube-flannel-cfg (f.yaml:7)"),
            CniCatalog.Resolve(null, new ClusterSnapshot { ConfigMaps = [map] }));
    }

    [Theory]
    [InlineData("crd.projectcalico.org/v1", "IPPool", "spec: {cidr: 10.0.0.0/16}",
        "calico: there is an IPPool a (a.yaml:1)")]
    [InlineData("projectcalico.org/v3", "BlockAffinity", "spec: {cidr: 10.0.0.0/26, node: n}",
        "calico: there is a BlockAffinity a (a.yaml:1)")]
    [InlineData("crd.projectcalico.org/v1", "IPAMBlock", "spec: {cidr: 10.0.0.0/26}",
        "calico: there is an IPAMBlock a (a.yaml:1)")]
    [InlineData("cilium.io/v2", "CiliumNode", "spec: {}", "cilium: there is a CiliumNode a (a.yaml:1)")]
    [InlineData("cilium.io/v2", "CiliumEndpoint", "status: {}",
        "cilium: there is a CiliumEndpoint default/a (a.yaml:1)")]
    [InlineData("v1", "ConfigMap", "data: {}", null)]
    [InlineData("network.openshift.io/v1", "HostSubnet", "subnet: 10.0.0.0/23",
        "openshift-sdn: there is a HostSubnet a (a.yaml:1)")]
    [InlineData("network.openshift.io/v1", "ClusterNetwork", "network: 10.0.0.0/14",
        "openshift-sdn: there is a ClusterNetwork a (a.yaml:1)")]
    [InlineData("network.openshift.io/v1", "NetNamespace", "netid: 5",
        "openshift-sdn: there is a NetNamespace a (a.yaml:1)")]
    public void A_cni_is_recognised_by_the_objects_that_it_keeps(
        string version, string kind, string rest, string? evidence)
    {
        string yaml = $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}\n";
        Assert.Equal(
            evidence ?? "flannel: assumed, for the manifests show no CNI (say --cni NAME)",
            CniCatalog.Resolve(null, ManifestReader.ReadText(yaml, "a.yaml")).Evidence);
    }

    [Theory]
    [InlineData("calico-config", "calico")]
    [InlineData("cilium-config", "cilium")]
    [InlineData("ovnkube-config", "ovn-kubernetes")]
    [InlineData("ovn-config", "ovn-kubernetes")]
    public void A_cni_is_recognised_by_its_config_map(string map, string cni)
    {
        string yaml = "apiVersion: v1\nkind: ConfigMap\n"
            + $"metadata: {{name: {map}, namespace: kube-system}}\ndata: {{}}\n";
        Assert.Equal(
            new CniChoice(cni, $"{cni}: there is a ConfigMap kube-system/{map} (a.yaml:1)"),
            CniCatalog.Resolve(null, ManifestReader.ReadText(yaml, "a.yaml")));
    }

    [Theory]
    [InlineData("projectcalico.org/IPv4Address", "calico")]
    [InlineData("network.cilium.io/ipv4-pod-cidr", "cilium")]
    [InlineData("io.cilium.network.ipv4-pod-cidr", "cilium")]
    [InlineData("k8s.ovn.org/node-subnets", "ovn-kubernetes")]
    public void A_cni_is_recognised_by_what_it_writes_on_nodes(string annotation, string cni) => Assert.Equal(
        new CniChoice(cni, $"{cni}: node a has the annotation {annotation} (manifests.yaml:3)"),
        CniCatalog.Resolve(null, Nodes(("a", annotation))));

    [Fact]
    public void What_a_daemon_wrote_on_a_node_outweighs_objects_and_the_conflict_is_said() => Assert.Equal(
        new CniChoice("flannel",
            "flannel: node b has the annotation flannel.alpha.coreos.com/backend-type (a.yaml:6); "
            + "but there is an IPPool default-ipv4-ippool (a.yaml:1), which is calico's (say --cni NAME)"),
        CniCatalog.Resolve(null, ManifestReader.ReadText(Pool + FlannelNode, "a.yaml")));

    [Fact]
    public void Without_evidence_flannel_is_assumed_and_said() => Assert.Equal(
        new CniChoice("flannel", "flannel: assumed, for the manifests show no CNI (say --cni NAME)"),
        CniCatalog.Resolve(null, ClusterSnapshot.Empty));

    [Fact]
    public void A_name_goes_before_the_evidence() => Assert.Equal(
        new CniChoice("flannel", "flannel: as --cni says"),
        CniCatalog.Resolve("flannel", Nodes(("a", "projectcalico.org/IPv4Address"))));

    [Theory]
    [InlineData("calcio",
        "unknown --cni calcio: did you mean calico? (known: flannel, calico, cilium, openshift-sdn, ovn-kubernetes)")]
    [InlineData("flanel",
        "unknown --cni flanel: did you mean flannel? (known: flannel, calico, cilium, openshift-sdn, ovn-kubernetes)")]
    [InlineData("weave", "unknown --cni weave (known: flannel, calico, cilium, openshift-sdn, ovn-kubernetes)")]
    public void Other_names_are_errors_that_say_what_there_is(string name, string expected) => Assert.Equal(
        expected,
        Assert.Throws<InvalidDataException>(() => CniCatalog.Resolve(name, ClusterSnapshot.Empty)).Message);

    [Theory]
    [InlineData("flannel", "iptables")]
    [InlineData("calico", "iptables")]
    [InlineData("openshift-sdn", "iptables")]
    [InlineData("ovn-kubernetes", "ebpf")]
    public void Every_cni_has_a_proxy_of_its_own_or_kube_proxys(string name, string proxy) =>
        Assert.Equal(proxy, CniProfiles.DefaultProxy(name, ClusterSnapshot.Empty));

    [Fact]
    public void Every_cni_compiles_an_empty_cluster_and_any_other_cnis() => Assert.All(CniCatalog.Names, name =>
    {
        Assert.Equal(name, CniProfiles.Compile(name, ClusterSnapshot.Empty, EmulationSettings.Default).Cni);
        Assert.Equal(
            "10.0.0.7",
            CniProfiles.Compile(
                name, ManifestReader.ReadText(OneOfEachCni.Yaml, "all.yaml"), EmulationSettings.Default)
                .Pods[0].V4.ToString());
    });

    private static ClusterSnapshot Nodes(params (string Name, string Annotation)[] nodes) => new()
    {
        Nodes = [.. nodes.Select(node => new Node(node.Name, new SourceLine("manifests.yaml", 3))
        {
            Annotations = ImmutableDictionary<string, string>.Empty.Add(node.Annotation, "1"),
        })],
    };
}
