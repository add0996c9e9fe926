using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Synthetic;
using Dataplane.Replay.Generate;
using Xunit;

namespace Dataplane.Tests.Replay.Generate;

/// <summary>Made-up manifests, read back as any others.</summary>
public class GeneratedClusterTests
{
    private static readonly SyntheticOptions Small = new()
    {
        Nodes = 4,
        PodsPerNode = 30,
        Services = 12,
        Endpoints = 5,
        Namespaces = 3,
        Policies = 6,
        Seed = 7,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Yaml_and_json_hold_the_same_objects_and_nothing_is_odd(bool dualStack)
    {
        ClusterSnapshot yaml = Read(Small with { DualStack = dualStack }, json: false);
        ClusterSnapshot json = Read(Small with { DualStack = dualStack }, json: true);

        Assert.Empty(yaml.Findings);
        Assert.Empty(yaml.Unmodelled);
        Assert.Equal(
            (4, 120, 13, 6), (yaml.Nodes.Length, yaml.Pods.Length, yaml.Services.Length, yaml.NetworkPolicies.Length));
        Assert.Equal(Describe(yaml), Describe(json));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 254)]
    [InlineData(3, 600)]
    [InlineData(400, 2)]
    public void Every_pod_lies_in_its_nodes_network_and_has_an_address_of_its_own(int nodes, int pods)
    {
        ClusterSnapshot cluster = Read(
            Small with { Nodes = nodes, PodsPerNode = pods, Endpoints = 1, DualStack = true }, json: true);
        Dictionary<string, Node> byName = cluster.Nodes.ToDictionary(node => node.Name);

        Assert.Equal(nodes * pods * 2, cluster.Pods.SelectMany(pod => pod.Addresses).Distinct().Count());
        Assert.All(cluster.Pods, pod => Assert.All(
            pod.Addresses, address => Assert.Contains(byName[pod.NodeName].PodCidrs, cidr => cidr.Contains(address))));
        Assert.Empty(cluster.Findings);
    }

    [Fact]
    public void Every_service_has_the_endpoints_that_its_selector_finds_on_different_nodes()
    {
        ClusterSnapshot cluster = Read(Small with { Endpoints = 4 }, json: false);

        Assert.All(cluster.EndpointSlices, slice =>
        {
            Service service = cluster.Services.Single(one =>
                (one.Namespace, one.Name) == (slice.Namespace, slice.ServiceName));
            IEnumerable<string> selected = cluster.Pods
                .Where(pod => pod.Namespace == service.Namespace
                    && service.Selector.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value))
                .Select(pod => pod.Name);
            Assert.Equal(selected, slice.Endpoints.Select(endpoint => endpoint.PodName));
            Assert.Equal(
                slice.Endpoints.Length, slice.Endpoints.Select(endpoint => endpoint.NodeName).Distinct().Count());
        });
    }

    [Fact]
    public void A_service_of_many_endpoints_has_slices_of_a_hundred()
    {
        ClusterSnapshot cluster = Read(Small with { PodsPerNode = 100, Services = 1, Endpoints = 250 }, json: true);

        Assert.Equal([100, 100, 50], cluster.EndpointSlices
            .Where(slice => slice.ServiceName == "service-0").Select(slice => slice.Endpoints.Length));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_gives_others()
    {
        Assert.Equal(Bytes(Small, json: false), Bytes(Small, json: false));
        Assert.NotEqual(Bytes(Small, json: false), Bytes(Small with { Seed = 8 }, json: false));
    }

    [Theory]
    [InlineData(0, 1, 1, "0 nodes: a generated cluster has 1 to ")]
    [InlineData(2, 3, 5, "5 endpoints: a generated cluster has 1 to 4")]
    [InlineData(100_000, 250, 1, "100000 nodes of /24 pod networks do not fit into 10.128.0.0/9")]
    public void Numbers_out_of_range_are_one_line(int nodes, int pods, int endpoints, string expected)
    {
        SyntheticOptions options = Small with { Nodes = nodes, PodsPerNode = pods, Endpoints = endpoints };

        string message = Assert.Throws<InvalidDataException>(() => new ClusterPlan(options)).Message;

        Assert.StartsWith(expected, message, StringComparison.Ordinal);
    }

    private static ClusterSnapshot Read(SyntheticOptions options, bool json) =>
        ManifestReader.ReadStream(new MemoryStream(Bytes(options, json)), "generated");

    private static byte[] Bytes(SyntheticOptions options, bool json)
    {
        var bytes = new MemoryStream();
        using (var sink = new ManifestSink(bytes, json, leaveOpen: true))
            ClusterGenerator.Write(options, flannel: true, sink, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }

    private static IEnumerable<string> Describe(ClusterSnapshot cluster) =>
    [
        .. cluster.Nodes.Select(node =>
            $"{node.Name} {string.Join(' ', node.PodCidrs)} {string.Join(' ', node.InternalIps)} "
            + $"{node.Annotations.Count}"),
        .. cluster.Pods.Select(pod =>
            $"{pod} {pod.NodeName} {string.Join(' ', pod.Addresses)} {string.Join(' ', pod.Labels)}"),
        .. cluster.Services.Select(service =>
            $"{service} {string.Join(' ', service.ClusterIps)} "
            + $"{string.Join(' ', service.Ports.Select(port => port.Port))}"),
        .. cluster.EndpointSlices.Select(slice =>
            $"{slice.Name} {string.Join(' ', slice.Endpoints.SelectMany(one => one.Addresses))}"),
        .. cluster.NetworkPolicies.Select(policy => $"{policy} {policy.Ingress.Length}"),
    ];
}
