using System.Text.RegularExpressions;
using Dataplane.Cluster.Manifests;
using Dataplane.Replay.Rules;
using Dataplane.Tests.Packets;
using Xunit;

namespace Dataplane.Tests.Engines.Ebpf;

/// <summary>
/// Cilium's own test cases: the state of a cluster in YAML, and the dump of the
/// load-balancing maps that it must lead to.
/// </summary>
public sealed partial class CiliumSuiteTests
{
    private const string Suite = "suites/cilium-lb";

    private static readonly Dictionary<string, string> OutOfScope = new()
    {
        ["clusterip-allowed"] = "bpf-lb-external-clusterip: cluster IPs for the outside",
        ["external-clusterip"] = "bpf-lb-external-clusterip: cluster IPs for the outside",
        ["file"] = "services out of a file in the place of Kubernetes",
        ["graceful-termination"] = "bpf-lb-external-clusterip: cluster IPs for the outside",
        ["hostport"] = "hostPort of pods is not in the model",
        ["multiple-endpointslices"] = "no dump of maps",
        ["name-collisions"] = "no dump of maps",
        ["queries"] = "no dump of maps",
        ["reuse"] = "no dump of maps",
        ["svc-type-annotation"] = "no dump of maps",
    };

    /// <summary>
    /// Case, expected dump, objects at that moment (a file, or a file and what is replaced in it), settings.
    /// </summary>
    private static readonly (string Case, string Dump, string[] Objects, string[] Settings)[] InScope =
    [
        ("clusterip", "lbmaps.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("clusterip", "lbmaps2.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("clusterip", "lbmaps3.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("clusterip", "lbmaps4.expected", ["service.yaml", "endpointslice2.yaml"], []),
        ("clusterip", "lbmaps5.expected", ["service.yaml"], []),
        ("clusterip", "lbmaps6.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("dualstack", "lbmaps.expected", ["service.yaml", "endpointslice-ipv4.yaml", "endpointslice-ipv6.yaml"], []),
        ("headless", "lbmaps.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("loadbalancer", "lbmaps.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("multiport", "lbmaps.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("nodeport", "lbmaps.expected",
            ["service.yaml", "service2.yaml", "endpointslice.yaml", "endpointslice2.yaml"], []),
        ("nodeport", "lbmaps-only1.expected", ["service.yaml", "service2.yaml", "endpointslice.yaml"], []),
        ("nodeport", "lbmaps-nobackends.expected", ["service.yaml", "service2.yaml"], []),
        ("nodeport-maglev", "lbmaps.expected", ["service.yaml", "service2.yaml", "endpointslice.yaml",
            "endpointslice2.yaml"], ["lb.algorithm=maglev", "lb.maglevSize=1021"]),
        ("source-ranges-dfl", "lbmaps.expected", ["service.yaml", "endpointslice.yaml"], []),
        ("trafficpolicy", "lbmaps.expected", ["service_tp_local.yaml", "endpointslice.yaml"], []),
        ("trafficpolicy", "lbmaps_tp_mixed.expected", ["service_tp_mixed.yaml", "endpointslice.yaml"], []),
    ];

    /// <summary>Dumps of cases in scope that are not compared, and why.</summary>
    private static readonly Dictionary<string, string> OtherDumps = new()
    {
        ["source-ranges-dfl/lbmaps_deny.expected"] = "the annotation service.cilium.io/src-ranges-policy",
    };

    public static TheoryData<string, string> Dumps => [.. InScope.Select(one => (one.Case, one.Dump))];

    [Theory, MemberData(nameof(Dumps))]
    public void Maps_are_those_that_Cilium_expects(string name, string dump)
    {
        if (!SharedFolder.TryFind(Suite, out string suite)) Assert.Skip($"no ../shared/{Suite}");

        string folder = Path.Combine(suite, name);
        (_, _, string[] objects, string[] settings) = InScope.Single(one => one.Case == name && one.Dump == dump);
        string yaml = string.Join(
            "\n---\n", objects.Select(file => File.ReadAllText(Path.Combine(folder, file))).Append(NodeOf(folder)));
        var options = new RulesOptions { Manifests = [], Proxy = "ebpf", Node = "testnode", Settings = [.. settings] };

        string text = RulesRunner.Run(ManifestReader.ReadText(yaml, name), options).Text;

        Assert.Equal(Normalized(File.ReadAllText(Path.Combine(folder, dump))), Normalized(text));
    }

    [Fact]
    public void Every_dump_of_the_suite_is_compared_or_has_a_reason()
    {
        if (!SharedFolder.TryFind(Suite, out string suite)) Assert.Skip($"no ../shared/{Suite}");

        string[] cases = [.. Directory.GetDirectories(suite)
            .Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
        Assert.Equal(
            cases, InScope.Select(one => one.Case).Concat(OutOfScope.Keys).Distinct().Order(StringComparer.Ordinal));
        IEnumerable<string> dumps = cases.Except(OutOfScope.Keys).SelectMany(name =>
            Directory.GetFiles(Path.Combine(suite, name), "*.expected")
                .Select(file => $"{name}/{Path.GetFileName(file)}"));
        Assert.Equal(
            dumps.Order(StringComparer.Ordinal),
            InScope.Select(one => $"{one.Case}/{one.Dump}").Concat(OtherDumps.Keys).Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// Numbers by the addresses that they stand for: which number is given first is no part of the maps.
    /// </summary>
    private static string Normalized(string dump)
    {
        string[] lines = dump.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Dictionary<string, string> backends = lines.Select(line => Backend().Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Dictionary<string, string> services = lines.Select(line => Frontend().Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        IEnumerable<string> named = lines.Select(line =>
        {
            string text = line.StartsWith("BE:", StringComparison.Ordinal) ? Id().Replace(line, "ID=", 1)
                : Id().Replace(
                    line, match => "ID=" + services.GetValueOrDefault(match.Groups[1].Value, match.Groups[1].Value), 1);
            text = Used().Replace(text, match => "BEID=" + backends[match.Groups[1].Value]);
            return Share().Replace(text, match => $"{backends[match.Groups[1].Value]}({match.Groups[2].Value})");
        });
        return string.Join('\n', named.Order(StringComparer.Ordinal));
    }

    // The case's node addresses: a file for each, {addr: …}.
    private static string NodeOf(string folder)
    {
        IEnumerable<string> addresses = Directory.GetFiles(folder, "addrv*.yaml").Order(StringComparer.Ordinal)
            .Select(file => NodeAddress().Match(File.ReadAllText(file)).Groups[1].Value)
            .Select(address => $"{{type: InternalIP, address: \"{address}\"}}");
        return $$"""
            apiVersion: v1
            kind: Node
            metadata: {name: testnode}
            status: {addresses: [{{string.Join(", ", addresses)}}]}
            """;
    }

    [GeneratedRegex(@"^BE: ID=(\d+) ADDR=(\S+)")]
    private static partial Regex Backend();

    [GeneratedRegex(@"^SVC: ID=([1-9]\d*) ADDR=(\S+) SLOT=0")]
    private static partial Regex Frontend();

    [GeneratedRegex(@"\bID=(\d+)")]
    private static partial Regex Id();

    [GeneratedRegex(@"BEID=(\d+)")]
    private static partial Regex Used();

    [GeneratedRegex(@"\b(\d+)\((\d+)\)")]
    private static partial Regex Share();

    [GeneratedRegex(@"(?m)^addr: (\S+)")]
    private static partial Regex NodeAddress();
}
