using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Services;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Services;

/// <summary>Which endpoints a node's proxy uses, as kube-proxy's CategorizeEndpoints decides it.</summary>
public class NodeServicesTests
{
    private static readonly ProxyNode NodeA = new("node-a") { Zone = "zone-a" };

    [Fact]
    public void Endpoints_are_sorted_by_their_text_and_those_that_are_not_ready_are_left_out()
    {
        NodeServicePort port = View(
            Web(), At("10.0.0.2"), At("10.0.0.1"), At("10.0.0.10"), At("10.0.0.3") with { Ready = false });

        Assert.Equal("10.0.0.10:8080 10.0.0.1:8080 10.0.0.2:8080", Text(port.Cluster));
        Assert.Equal((Text(port.Cluster), ""), (Text(port.Reachable), Text(port.Local)));
    }

    [Fact]
    public void Terminating_endpoints_that_serve_are_used_where_none_is_ready()
    {
        NodeServicePort port = View(Web(), Leaving("10.0.0.1"), Leaving("10.0.0.2") with { Serving = false });

        Assert.Equal("10.0.0.1:8080", Text(port.Cluster));
        Assert.True(port.HasAnywhere);
    }

    [Fact]
    public void An_internal_policy_Local_keeps_to_the_node()
    {
        Service local = Web() with { InternalTrafficPolicy = TrafficPolicy.Local };

        NodeServicePort port = View(local, At("10.0.0.1", "node-a"), At("10.0.0.2", "node-b"));
        NodeServicePort none = View(local, At("10.0.0.2", "node-b"));

        Assert.Equal(
            ("10.0.0.1:8080", "", "10.0.0.1:8080"), (Text(port.Internal), Text(port.Cluster), Text(port.Reachable)));
        Assert.Equal(("", true), (Text(none.Internal), none.HasAnywhere));
    }

    [Fact]
    public void An_external_policy_Local_has_both_lists_for_pods_take_the_short_way()
    {
        Service local = Balanced() with { ExternalTrafficPolicy = TrafficPolicy.Local };

        NodeServicePort port = View(local, At("10.0.0.1", "node-a"), At("10.0.0.2", "node-b"));

        Assert.Equal("10.0.0.1:8080 10.0.0.2:8080", Text(port.Internal));
        Assert.Equal("10.0.0.1:8080", Text(port.External));
    }

    [Fact]
    public void A_terminating_local_endpoint_is_reachable_beside_the_ready_ones_elsewhere()
    {
        Service local = Balanced() with { ExternalTrafficPolicy = TrafficPolicy.Local };

        NodeServicePort port = View(local, Leaving("10.0.0.1", "node-a"), At("10.0.0.2", "node-b"));

        Assert.Equal(
            ("10.0.0.2:8080", "10.0.0.1:8080", "10.0.0.1:8080 10.0.0.2:8080"),
            (Text(port.Cluster), Text(port.Local), Text(port.Reachable)));
    }

    [Theory]
    [InlineData("zone-a", "zone-b", "10.0.0.1:8080")]
    [InlineData("zone-a", "", "10.0.0.1:8080 10.0.0.2:8080")]
    [InlineData("zone-b", "zone-c", "10.0.0.1:8080 10.0.0.2:8080")]
    public void Zone_hints_count_where_every_endpoint_has_one_and_one_is_for_the_node(
        string first, string second, string used)
    {
        NodeServicePort port = View(Web(), Hinted("10.0.0.1", first), Hinted("10.0.0.2", second));

        Assert.Equal(used, Text(port.Cluster));
    }

    [Fact]
    public void PreferClose_gives_pods_the_hints_that_the_EndpointSlice_controller_would()
    {
        var cluster = new ClusterSnapshot
        {
            Nodes = [Zoned("node-a", "zone-a"), Zoned("node-b", "zone-b")],
            Pods =
            [
                Clusters.Pod("web-1", "10.0.0.1", "web") with { NodeName = "node-a" },
                Clusters.Pod("web-2", "10.0.0.2", "web") with { NodeName = "node-b" },
            ],
            Services = [Web() with { Selector = Clusters.Labels("web"), TrafficDistribution = "PreferClose" }],
        };

        NodeServices services = ServiceModel.Compile(cluster).At(ProxyNode.Of(cluster.Nodes[0]), 4);

        Assert.Equal("10.0.0.1:8080", Text(Assert.Single(services.Ports).Cluster));
    }

    [Fact]
    public void Each_family_has_its_own_ports_and_addresses()
    {
        Service service = Balanced() with
        {
            ClusterIps = [IpAddress.Parse("10.96.0.10"), IpAddress.Parse("fd00::10")],
            ExternalIps = [IpAddress.Parse("192.0.2.1"), IpAddress.Parse("2001:db8::1")],
            LoadBalancerSourceRanges = [IpPrefix.Parse("198.51.100.0/24"), IpPrefix.Parse("2001:db8:2::/64")],
        };
        ServiceModel model = ServiceModel.Compile(Clusters.Of(service, Slice(At("10.0.0.1")), Slice(At("fd00:1::1"))));

        ProxiedPort v6 = Assert.Single(model.At(NodeA, 6).Ports).Port;

        Assert.Equal("2001:db8::1", Assert.Single(v6.ExternalIps).ToString());
        Assert.Equal("2001:db8:2::/64", Assert.Single(v6.SourceRanges).ToString());
        Assert.Equal("[fd00:1::1]:8080", Assert.Single(v6.Endpoints).Text);
        Assert.Equal("10.0.0.1:8080", Assert.Single(model.At(NodeA, 4).Ports[0].Cluster).Text);
    }

    [Fact]
    public void A_health_check_node_port_belongs_to_load_balancers_of_external_policy_Local()
    {
        Service service = Balanced() with { HealthCheckNodePort = 31000 };

        Assert.Equal(0, View(service, At("10.0.0.1")).Port.HealthCheckNodePort);
        Assert.Equal(31000, View(
            service with { ExternalTrafficPolicy = TrafficPolicy.Local }, At("10.0.0.1")).Port.HealthCheckNodePort);
    }

    private static Service Web() => Clusters.Service("web", "10.96.0.10");

    private static Service Balanced() => Web() with
    {
        Type = ServiceType.LoadBalancer,
        LoadBalancerIps = [IpAddress.Parse("203.0.113.1")],
    };

    private static Endpoint At(string address, string node = "") => Clusters.Endpoint(address) with { NodeName = node };

    private static Endpoint Leaving(string address, string node = "") =>
        At(address, node) with { Ready = false, Terminating = true };

    private static Endpoint Hinted(string address, string zone) =>
        At(address) with { HintZones = zone.Length == 0 ? [] : [zone] };

    private static EndpointSlice Slice(params Endpoint[] endpoints) =>
        Clusters.Slice("web", []) with { Endpoints = [.. endpoints] };

    private static Node Zoned(string name, string zone) => new(name, new SourceLine("cluster.yaml", 1))
    {
        Labels = ImmutableDictionary<string, string>.Empty.Add("topology.kubernetes.io/zone", zone),
    };

    private static NodeServicePort View(Service service, params Endpoint[] endpoints) =>
        Assert.Single(ServiceModel.Compile(Clusters.Of(service, Slice(endpoints))).At(NodeA, 4).Ports);

    private static string Text(IEnumerable<ProxiedEndpoint> endpoints) =>
        string.Join(' ', endpoints.Select(endpoint => endpoint.Text));
}
