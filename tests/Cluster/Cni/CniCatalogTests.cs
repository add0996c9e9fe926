using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni;

public class CniCatalogTests
{
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

    private static ClusterSnapshot Nodes(params (string Name, string Annotation)[] nodes) => new()
    {
        Nodes = [.. nodes.Select(node => new Node(node.Name, new SourceLine("manifests.yaml", 3))
        {
            Annotations = ImmutableDictionary<string, string>.Empty.Add(node.Annotation, "1"),
        })],
    };
}
