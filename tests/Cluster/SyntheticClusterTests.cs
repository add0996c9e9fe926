using Dataplane.Cluster.Model;
using Dataplane.Cluster.Synthetic;
using Xunit;

namespace Dataplane.Tests.Cluster;

/// <summary>Clusters that are made up, not read.</summary>
public class SyntheticClusterTests
{
    private static readonly SyntheticOptions Small =
        new() { Nodes = 4, PodsPerNode = 5, Services = 50, Endpoints = 3, Seed = 7 };

    [Fact]
    public void The_same_seed_gives_the_same_endpoints_and_another_seed_gives_others()
    {
        Assert.Equal(Endpoints(Small), Endpoints(Small));
        Assert.NotEqual(Endpoints(Small), Endpoints(Small with { Seed = 8 }));
    }

    [Fact]
    public void Every_service_has_its_own_address_and_different_endpoints_on_different_nodes()
    {
        ClusterSnapshot cluster = SyntheticCluster.Make(Small);

        Assert.Equal(50, cluster.Services.Select(service => service.ClusterIps.Single()).Distinct().Count());
        Assert.All(cluster.EndpointSlices, slice =>
        {
            Assert.Equal(3, slice.Endpoints.Select(endpoint => endpoint.Addresses.Single()).Distinct().Count());
            Assert.Equal(3, slice.Endpoints.Select(endpoint => endpoint.NodeName).Distinct().Count());
        });
    }

    [Fact]
    public void Every_endpoint_is_a_pod_of_the_node_that_it_names()
    {
        ClusterSnapshot cluster = SyntheticCluster.Make(Small);

        Assert.All(cluster.EndpointSlices.SelectMany(slice => slice.Endpoints), endpoint =>
        {
            Pod pod = cluster.Pods.Single(pod => pod.Name == endpoint.PodName);
            Assert.Equal(endpoint.Addresses, pod.Addresses);
            Assert.Equal(endpoint.NodeName, pod.NodeName);
            Assert.Contains(
                cluster.Nodes.Single(node => node.Name == pod.NodeName).PodCidrs, cidr =>
                    cidr.Contains(pod.Addresses[0]));
        });
    }

    [Theory]
    [InlineData(0, 1, "0 nodes: a synthetic cluster has 1 to 250")]
    [InlineData(2, 11, "11 endpoints: a synthetic cluster has 0 to 10")]
    public void Numbers_out_of_range_are_one_line(int nodes, int endpoints, string expected)
    {
        SyntheticOptions options = Small with { Nodes = nodes, Endpoints = endpoints };

        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => SyntheticCluster.Make(options)).Message);
    }

    private static IEnumerable<string> Endpoints(SyntheticOptions options) =>
        SyntheticCluster.Make(options).EndpointSlices
            .Select(slice => string.Join(' ', slice.Endpoints.Select(endpoint => endpoint.PodName)));
}
