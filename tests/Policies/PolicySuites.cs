using System.Collections.Immutable;
using System.Text.Json;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Policies;

/// <summary>Other people's truth about policies: Kubernetes' own e2e tables, and three more.</summary>
internal static class PolicySuites
{
    public static readonly ImmutableArray<string> Names =
        ["netpol-e2e", "netpol-analyzer", "netpol-analyzer-raw", "netpol-recipes", "policy-assistant"];

    /// <summary>All cases of a suite; the test is skipped where the suite is not there.</summary>
    public static ImmutableArray<PolicyCase> Read(string suite)
    {
        if (!SharedFolder.TryFind($"suites/{suite}", out string folder)) Assert.Skip($"no ../shared/suites/{suite}");

        return suite switch
        {
            "netpol-analyzer-raw" => AnalyzerRows.Read(folder),
            "policy-assistant" => PolicyAssistantCases.Read(folder),
            _ => [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(ReadCase)],
        };
    }

    public static byte ProtocolOf(string name) => name switch
    {
        "TCP" => IpProtocol.Tcp,
        "UDP" => IpProtocol.Udp,
        "SCTP" => IpProtocol.Sctp,
        _ => throw new InvalidDataException($"protocol {name}"),
    };

    private static PolicyCase ReadCase(string folder)
    {
        ClusterSnapshot snapshot = ManifestReader.Read([Path.Combine(folder, "cluster.yaml")]);
        using JsonDocument expect = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expect.json")));
        return new PolicyCase(
            Path.GetFileName(folder),
            snapshot,
            [
                .. expect.RootElement.GetProperty("flows").EnumerateArray()
                    .Select(flow => ReadFlow(snapshot, flow))
                    .Where(expected =>
                        expected.Flow.Source.Pod < 0 || expected.Flow.Source.Pod != expected.Flow.Destination.Pod),
            ]);
    }

    private static ExpectedFlow ReadFlow(ClusterSnapshot snapshot, JsonElement flow) => new(
        new PolicyFlow(
            ReadEnd(snapshot, flow.GetProperty("src")),
            ReadEnd(snapshot, flow.GetProperty("dst")),
            ProtocolOf(flow.GetProperty("protocol").GetString()!),
            flow.GetProperty("port").GetUInt16()),
        flow.GetProperty("allow").GetBoolean());

    private static FlowEnd ReadEnd(ClusterSnapshot snapshot, JsonElement end)
    {
        if (end.TryGetProperty("ip", out JsonElement ip)) return FlowEnd.Outside(IpAddress.Parse(ip.GetString()!));

        int pod = FindPod(snapshot, end.GetProperty("pod").GetString()!);
        return new FlowEnd(pod, snapshot.Pods[pod].Addresses[0]);
    }

    public static int FindPod(ClusterSnapshot snapshot, string name)
    {
        for (int pod = 0; pod < snapshot.Pods.Length; pod++)
        {
            if (snapshot.Pods[pod].ToString() == name) return pod;
        }

        throw new InvalidDataException($"no pod {name}");
    }
}
