using Dataplane.Cli;
using Dataplane.Cluster.Model;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cli;

public class InspectTests
{
    private static readonly ClusterSnapshot Cluster = new()
    {
        Nodes =
        [
            new Node("node-a", new SourceLine("c.yaml", 1))
            {
                InternalIps = [IpAddress.Parse("192.168.56.11")],
                PodCidrs = [IpPrefix.Parse("10.244.1.0/24")],
            },
        ],
        Pods =
        [
            new Pod("shop", "web", new SourceLine("c.yaml", 9))
            {
                NodeName = "node-a",
                Addresses = [IpAddress.Parse("10.244.1.5")],
            },
            new Pod("shop", "job", new SourceLine("c.yaml", 20)) { NodeName = "node-a", Phase = "Succeeded" },
            new Pod("shop", "new", new SourceLine("c.yaml", 30)),
        ],
        NetworkPolicies = [new NetworkPolicy("shop", "deny", new SourceLine("c.yaml", 40))],
        Unmodelled =
            [new("cilium.io/v2", "CiliumNetworkPolicy", 2, new SourceLine("c.yaml", 50), CanChangeVerdict: true)],
        Findings = [new(Severity.Warning, new SourceLine("c.yaml", 9), "pod shop/web has the address of shop/old")],
    };

    [Fact]
    public void Text_shows_nodes_findings_and_what_is_not_modelled()
    {
        var text = new StringWriter { NewLine = "\n" };

        InspectText.Write(
            text,
            new InspectReport
            {
                Cluster = ClusterInspection.Summarise(Cluster, "flannel", ["shop/deny has no effect"]),
            },
            Style.Plain);

        Assert.Equal(
            """
            CNI          flannel
            pods         3: 0 on the host network, 1 terminated, 1 without an address
            services     0 with 0 ports, 0 headless
            endpoints    0, 0 ready
            policies     1
            namespaces   0

            node    address        pod network    pods
            node-a  192.168.56.11  10.244.1.0/24     1

            not modelled                      first at   can change a verdict  objects
            cilium.io/v2 CiliumNetworkPolicy  c.yaml:50  yes                         2

            notes
            shop/deny has no effect

            findings
            c.yaml:9: warning: pod shop/web has the address of shop/old

            """,
            text.ToString());
    }

    [Fact]
    public void A_kind_that_could_change_a_verdict_is_exit_code_3()
    {
        var without = Cluster with { Unmodelled = [] };

        Assert.Equal(
            3, InspectVerb.Code(new InspectReport { Cluster = ClusterInspection.Summarise(Cluster, null, []) }));
        Assert.Equal(
            0, InspectVerb.Code(new InspectReport { Cluster = ClusterInspection.Summarise(without, null, []) }));
    }

    [Fact]
    public void Damage_to_a_capture_or_an_object_is_exit_code_3()
    {
        var capture = new CaptureSummary { Name = "in.pcap", Damage = "in.pcap: offset 24: cut off" };
        var cluster =
            ClusterSnapshot.Empty with { Findings = [new(Severity.Damage, new SourceLine("c.yaml", 3), "no name")] };

        Assert.Equal(3, InspectVerb.Code(new InspectReport { Captures = [capture] }));
        Assert.Equal(
            3, InspectVerb.Code(new InspectReport { Cluster = ClusterInspection.Summarise(cluster, null, []) }));
    }

    [Fact]
    public void Json_is_camel_case_with_a_schema_version()
    {
        string json = CliJson.Write(
            new InspectReport { Cluster = ClusterInspection.Summarise(Cluster, "flannel", []) });

        Assert.Contains("\"schemaVersion\": 1", json, StringComparison.Ordinal);
        Assert.Contains("\"canChangeVerdict\": true", json, StringComparison.Ordinal);
        Assert.Contains("\"10.244.1.0/24\"", json, StringComparison.Ordinal);
    }
}
