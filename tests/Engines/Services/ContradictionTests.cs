using Dataplane.Cluster.Manifests;
using Dataplane.Engines.Services;
using Xunit;

namespace Dataplane.Tests.Engines.Services;

/// <summary>Manifests that cannot be right: one line each, with object and place, and the rest goes on.</summary>
public class ContradictionTests
{
    private const string Web = """
        kind: Service
        apiVersion: v1
        metadata: {name: web, namespace: shop}
        spec:
          clusterIP: 10.96.0.10
          type: NodePort
          ports:
          - {name: http, port: 80, nodePort: 30080}
        ---

        """;

    private const string WebSlice = """
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        endpoints:
        - addresses: [10.0.0.1]
        ports:
        - {name: http, port: 8080}
        ---

        """;

    [Fact]
    public void A_node_port_that_two_services_claim_stays_with_the_first()
    {
        ServiceModel model = Compile(Web + WebSlice + """
            kind: Service
            apiVersion: v1
            metadata: {name: api, namespace: shop}
            spec:
              clusterIP: 10.96.0.11
              type: NodePort
              ports:
              - {port: 80, nodePort: 30080}
            ---
            kind: EndpointSlice
            apiVersion: discovery.k8s.io/v1
            metadata: {name: api-1, namespace: shop, labels: {kubernetes.io/service-name: api}}
            endpoints: []
            """);

        Assert.Equal(
            "cluster.yaml:26: Service shop/api claims node port 30080, which Service shop/web has (cluster.yaml:8); "
            + "the first one keeps it",
            Assert.Single(model.Notes));
        Assert.Equal((30080, 0), (model.Ports[0].NodePort, model.Ports[1].NodePort));
    }

    [Fact]
    public void Endpoints_of_another_family_are_left_out()
    {
        ServiceModel model = Compile(Web + WebSlice.Replace("[10.0.0.1]", "[\"fd00::1\"]", StringComparison.Ordinal));

        Assert.Equal(
            "cluster.yaml:15: EndpointSlice shop/web-1 has the IPv6 endpoint fd00::1, but Service shop/web has no IPv6 "
            + "clusterIP (cluster.yaml:1): endpoints of that family are left out",
            Assert.Single(model.Notes));
        Assert.Empty(model.Ports[0].Endpoints);
    }

    [Fact]
    public void A_service_without_selector_and_slice_has_nothing_behind_it() => Assert.Equal(
        "cluster.yaml:1: Service shop/web has neither a selector nor an EndpointSlice: nothing stands behind it",
        Assert.Single(Compile(Web).Notes));

    [Fact]
    public void A_port_that_no_slice_has_is_named() => Assert.Equal(
        "cluster.yaml:8: Service shop/web port 80 (http, tcp) is in none of its EndpointSlices, such as shop/web-1 "
        + "(cluster.yaml:10): it has no endpoints",
        Assert.Single(Compile(Web + WebSlice.Replace("name: http", "name: https", StringComparison.Ordinal)).Notes));

    [Fact]
    public void A_target_port_that_no_pod_has_is_named()
    {
        ServiceModel model = Compile(Web.Replace("nodePort: 30080", "targetPort: web", StringComparison.Ordinal)
            .Replace("  type: NodePort", "  selector: {app: web}", StringComparison.Ordinal) + """
            kind: Pod
            apiVersion: v1
            metadata: {name: web-1, namespace: shop, labels: {app: web}}
            spec: {containers: [{ports: [{name: http, containerPort: 8080}]}]}
            status: {phase: Running, podIP: 10.0.0.1}
            """);

        Assert.Equal(
            "cluster.yaml:8: Service shop/web port 80 has the targetPort web, which none of the 1 selected Pods has, "
            + "such as Pod shop/web-1 (cluster.yaml:10): it has no endpoints",
            model.Notes[1]);
    }

    [Fact]
    public void A_port_name_that_stands_twice_counts_once()
    {
        ServiceModel model = Compile(Web.Replace(
            "---", "  - {name: http, port: 81}\n---", StringComparison.Ordinal) + WebSlice);

        Assert.Equal(
            "cluster.yaml:9: Service shop/web has another port named http of the same protocol (cluster.yaml:8): "
            + "this later one is left out",
            Assert.Single(model.Notes));
        Assert.Single(model.Ports);
    }

    [Fact]
    public void External_addresses_and_source_ranges_of_another_family_are_named()
    {
        ServiceModel model = Compile(Web.Replace(
            "  ports:",
            "  externalIPs: [\"2001:db8::1\"]\n  loadBalancerSourceRanges: [\"2001:db8::/32\"]\n  ports:",
            StringComparison.Ordinal).Replace(
            "---", "status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {ip: 192.0.2.2, ipMode: Proxy}]}}\n---",
            StringComparison.Ordinal) + WebSlice);

        Assert.Equal(
            [
                "cluster.yaml:1: Service shop/web has externalIPs such as 2001:db8::1, but no IPv6 clusterIP: "
                + "those of that family are left out",
                "cluster.yaml:1: Service shop/web has loadBalancerSourceRanges, none of IPv4: its load balancer's IPv4 "
                + "addresses are open to all",
            ],
            model.Notes);
        Assert.Equal("192.0.2.1", Assert.Single(model.Ports[0].LoadBalancerIps).ToString());
    }

    [Fact]
    public void A_service_that_names_another_proxy_is_left_to_it() => Assert.Empty(Compile(Web.Replace(
        "namespace: shop}", "namespace: shop, labels: {service.kubernetes.io/service-proxy-name: other}}",
        StringComparison.Ordinal)).Ports);

    private static ServiceModel Compile(string manifests)
    {
        ServiceModel model = ServiceModel.Compile(ManifestReader.ReadText(manifests, "cluster.yaml"));
        Assert.All(model.Notes, note => Assert.DoesNotContain('\n', note));
        return model;
    }
}
