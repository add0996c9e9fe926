using System.Text;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster;

public class ManifestReaderTests
{
    private static ClusterSnapshot Yaml => ManifestReader.ReadText(OneOfEachKind.Yaml, "all.yaml");

    [Fact]
    public void Yaml_and_json_of_the_same_objects_give_the_same_snapshot() => Assert.Equal(
        SnapshotText.Of(Yaml), SnapshotText.Of(ManifestReader.ReadText(OneOfEachKind.Json, "all.json")));

    [Fact]
    public void Nothing_is_odd_about_one_good_object_of_each_kind() => Assert.Empty(Yaml.Findings);

    [Fact]
    public void A_node_has_its_podCIDRs_and_its_internal_address()
    {
        Node node = Assert.Single(Yaml.Nodes);
        Assert.Equal([IpPrefix.Parse("10.244.1.0/24"), IpPrefix.Parse("fd00:1::/64")], node.PodCidrs);
        Assert.Equal([IpAddress.Parse("192.168.56.11")], node.InternalIps);
        Assert.Equal([IpAddress.Parse("203.0.113.9")], node.ExternalIps);
        Assert.Equal("all.yaml:3", node.Source.ToString());
    }

    [Fact]
    public void A_pods_ports_are_those_of_its_containers_and_sidecars_but_not_of_its_other_init_containers()
    {
        Pod pod = Assert.Single(Yaml.Pods);
        Assert.Equal(
            [
                new ContainerPort("http", 8080, IpProtocol.Tcp), new ContainerPort("", 5353, IpProtocol.Udp),
                new ContainerPort("", 9901, IpProtocol.Tcp),
            ],
            pod.Ports);
        Assert.Equal([IpAddress.Parse("10.244.1.5"), IpAddress.Parse("fd00:1::5")], pod.Addresses);
        Assert.Equal(("node-1", "Running", "web"), (pod.NodeName, pod.Phase, pod.Labels["app"]));
    }

    [Fact]
    public void A_services_ports_keep_names_numbers_and_lines()
    {
        Service service = Assert.Single(Yaml.Services);
        Assert.Equal(
            [
                new ServicePort(
                    "http", IpProtocol.Tcp, 80, new PortReference(0, "http"), 30080, new SourceLine("all.yaml", 58)),
                new ServicePort(
                    "dns", IpProtocol.Udp, 53, new PortReference(5353, null), 0, new SourceLine("all.yaml", 59)),
            ],
            service.Ports);
        Assert.Equal((ServiceType.LoadBalancer, 600), (service.Type, service.AffinitySeconds));
        Assert.Equal([IpAddress.Parse("198.51.100.8")], service.LoadBalancerIps);
    }

    [Fact]
    public void Absent_conditions_are_the_APIs_defaults_and_serving_follows_ready()
    {
        EndpointSlice slice = Yaml.EndpointSlices[0];
        Assert.Equal((true, true, false), Conditions(slice.Endpoints[0]));
        Assert.Equal((false, false, true), Conditions(slice.Endpoints[1]));
        Assert.Equal(("web-1", "a"), (slice.Endpoints[0].PodName, Assert.Single(slice.Endpoints[0].HintZones)));
    }

    [Fact]
    public void Endpoints_count_only_for_services_without_a_slice()
    {
        Assert.Equal(["web", "old"], Yaml.EndpointSlices.Select(slice => slice.ServiceName));
        EndpointSlice old = Yaml.EndpointSlices[1];
        Assert.Equal((true, true, false), Conditions(old.Endpoints[0]));
        Assert.Equal((false, false, false), Conditions(old.Endpoints[1]));
    }

    [Fact]
    public void A_policy_keeps_the_lines_of_its_rules_peers_and_ports()
    {
        NetworkPolicy policy = Assert.Single(Yaml.NetworkPolicies);
        PolicyRule rule = Assert.Single(policy.Ingress);
        Assert.Equal(
            (93, 100, 101, 105),
            (policy.Source.Line, rule.Source.Line, rule.Peers[0].Source.Line, rule.Ports[0].Source.Line));
        Assert.Equal((8080, 8090), (rule.Ports[0].Port.Number, rule.Ports[0].EndPort));
        Assert.Equal("http", rule.Ports[1].Port.Name);
        Assert.NotNull(rule.Peers[0].NamespaceSelector);
        Assert.True(policy is { HasIngressType: true, HasEgressType: true, PolicyTypesGiven: true });
    }

    [Fact]
    public void An_admin_policy_has_its_priority_its_subject_and_rules_with_actions()
    {
        AdminNetworkPolicy policy = Assert.Single(Yaml.AdminNetworkPolicies);
        Assert.Equal(("wall", 10), (policy.Name, policy.Priority));
        Assert.Equal("db", policy.Subject.PodSelector.MatchLabels["app"]);

        AdminPolicyRule rule = Assert.Single(policy.Ingress);
        Assert.Equal(("not-from-dev", AdminPolicyAction.Deny), (rule.Name, rule.Action));
        Assert.Equal(
            [(IpProtocol.Tcp, 5432, 5432, null), (IpProtocol.Udp, 5000, 5010, null), ((byte)0, 0, 0, "sql")],
            rule.Ports.Select(port => (port.Protocol, (int)port.First, (int)port.Last, port.Name)));

        Assert.Equal(
            [AdminPolicyAction.Pass, AdminPolicyAction.Allow], policy.Egress.Select(one => one.Action));
        Assert.NotNull(policy.Egress[0].Peers[0].Nodes);
        Assert.Equal(
            [IpPrefix.Parse("203.0.113.0/24"), IpPrefix.Parse("fd00::/8")], policy.Egress[1].Peers[0].Networks);
    }

    [Fact]
    public void The_baseline_is_kept_apart()
    {
        AdminNetworkPolicy policy = Assert.Single(Yaml.BaselineAdminNetworkPolicies);
        Assert.Equal(("default", AdminPolicyAction.Deny), (policy.Name, Assert.Single(policy.Ingress).Action));
    }

    [Fact]
    public void Only_the_ConfigMaps_that_a_CNI_reads_are_kept()
    {
        ConfigMap map = Assert.Single(Yaml.ConfigMaps);
        Assert.Equal("{ \"Network\": \"10.244.0.0/16\" }\n", map.Data["net-conf.json"]);
        Assert.Equal(
            [("ConfigMap", false), ("CiliumNetworkPolicy", true)],
            Yaml.Unmodelled.Select(kind => (kind.Kind, kind.CanChangeVerdict)));
    }

    [Theory]
    [InlineData("crd.projectcalico.org/v1", "NetworkPolicy", true)]
    [InlineData("projectcalico.org/v3", "GlobalNetworkPolicy", true)]
    [InlineData("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", true)]
    [InlineData("k8s.ovn.org/v1", "EgressService", true)]
    [InlineData("apps/v1", "Deployment", false)]
    [InlineData("serving.knative.dev/v1", "Service", false)]
    public void Kinds_that_are_not_modelled_are_counted_and_said_to_matter_or_not(
        string version, string kind, bool matters)
    {
        string one = $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n";
        ClusterSnapshot snapshot = ManifestReader.ReadText(one + "---\n" + one, "a.yaml");
        Assert.Equal(
            new UnmodelledKind(version, kind, 2, new SourceLine("a.yaml", 1), matters), Assert.Single(
                snapshot.Unmodelled));
    }

    [Theory]
    [InlineData(
        """{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}""")]
    [InlineData(
        """{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],"apiVersion":"v1","kind":"PodList"}""")]
    [InlineData("""{"metadata":{"name":"a"},"kind":"Pod","apiVersion":"v1"} {"metadata":{"name":"b"},"apiVersion":"v1","kind":"Pod"}""")]
    [InlineData("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n")]
    [InlineData(
        "---\n# nothing here\n---\nkind: Pod\nmetadata: {name: a}\napiVersion: v1\n---\nmetadata: {name: b}\n"
        + "kind: Pod\napiVersion: v1\n...\n")]
    [InlineData(
        "items:\n- {kind: PodList, apiVersion: v1, items: [{metadata: {name: a}}]}\n"
        + "- &b {kind: Pod, apiVersion: v1, metadata: {name: b}}\nkind: List\napiVersion: v1\n")]
    public void Objects_are_found_whatever_the_order_of_fields_and_the_kind_of_list(string text)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(text, "pods");
        Assert.Equal(["default/a", "default/b"], snapshot.Pods.Select(pod => pod.ToString()));
        Assert.Empty(snapshot.Findings);
    }

    [Fact]
    public void An_alias_is_what_its_anchor_names()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            "kind: Pod\napiVersion: v1\nmetadata:\n  name: &n web\n  labels: &l\n    app: *n\n  annotations: *l\n",
            "a.yaml");
        Assert.Equal("web", snapshot.Pods[0].Labels["app"]);
        Assert.Equal("web", snapshot.Pods[0].Annotations["app"]);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_byte_order_mark_is_understood(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        foreach (string text in new[] { OneOfEachKind.Yaml, OneOfEachKind.Json })
        {
            using var stream = new MemoryStream([.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
            Assert.Equal(SnapshotText.Of(Yaml), SnapshotText.Of(ManifestReader.ReadStream(stream, "all")));
        }
    }

    private static (bool Ready, bool Serving, bool Terminating) Conditions(Endpoint endpoint) =>
        (endpoint.Ready, endpoint.Serving, endpoint.Terminating);
}
