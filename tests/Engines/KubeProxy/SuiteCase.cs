using System.Collections.Immutable;
using System.Text.Json;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>One case of <c>../shared/suites/kubeproxy</c>: what kube-proxy's own tests expect.</summary>
internal sealed class SuiteCase
{
    private const string Suite = "suites/kubeproxy";

    private readonly string _folder;
    private readonly JsonElement _expect;
    private readonly ClusterSnapshot _cluster;

    private SuiteCase(string suite, string folder)
    {
        _folder = folder;
        _expect = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expect.json"))).RootElement;
        _cluster = ManifestReader.Read([Path.Combine(folder, "cluster.yaml"), Path.Combine(suite, "node.yaml")]);
        Node = ProxyNode.Of(_cluster.Nodes.Single());
    }

    public string Name => Path.GetFileName(_folder);

    public bool IsForIptables => Texts(_expect.GetProperty("modes")).Contains("iptables");

    public ProxyNode Node { get; }

    public IEnumerable<SuiteFlow> Flows => _expect.GetProperty("flows").EnumerateArray().Select(SuiteFlow.Read);

    /// <summary>What kube-proxy handed to iptables-restore; null where the suite does not say it.</summary>
    public string? ExpectedRules =>
        Path.Combine(_folder, "expected.iptables.txt") is { } path && File.Exists(path) ? File.ReadAllText(path) : null;

    /// <summary>All cases; skips where the suite is not there.</summary>
    public static IReadOnlyList<SuiteCase> All()
    {
        if (!SharedFolder.TryFind(Suite, out string suite)) Assert.Skip($"../shared/{Suite} is not there");

        return [.. Directory.GetDirectories(suite).Order(StringComparer.Ordinal)
            .Select(folder => new SuiteCase(suite, folder))];
    }

    /// <summary>A file beside the cases.</summary>
    public static JsonElement Read(string name)
    {
        if (!SharedFolder.TryFind($"{Suite}/{name}", out string path))
            Assert.Skip($"../shared/{Suite}/{name} is not there");

        return JsonDocument.Parse(File.ReadAllText(path)).RootElement;
    }

    /// <summary>Both families' rules under the case's settings; the suite's iptables knows no --random-fully.</summary>
    public IptablesRuleset Rules()
    {
        JsonElement env = _expect.GetProperty("env");
        JsonElement addresses = env.GetProperty("nodePortAddresses");
        return KubeProxyRules.Write(ServiceModel.Compile(_cluster), Node, new KubeProxyOptions
        {
            ClusterCidrs = Node.PodCidrs,
            MasqueradeAll = env.GetProperty("masqueradeAll").GetBoolean(),
            LocalhostNodePorts = !env.TryGetProperty("localhostNodePorts", out JsonElement on) || on.GetBoolean(),
            NodePortAddresses =
                addresses.ValueKind == JsonValueKind.Array ? [.. Texts(addresses).Select(IpPrefix.Parse)] : [],
            RandomFully = false,
        });
    }

    private static IEnumerable<string> Texts(JsonElement list) =>
        list.EnumerateArray().Select(item => item.GetString()!);
}

/// <summary>
/// A row: a packet, where it may come out (or REJECT, DROP, ACCEPT, nothing), and whether it is masqueraded.
/// </summary>
internal sealed record SuiteFlow(
    string Name, IpAddress Source, IpAddress Destination, ushort Port, byte Protocol, string Output, bool Masquerade)
{
    public static SuiteFlow Read(JsonElement row) => new(
        row.GetProperty("name").GetString()!,
        IpAddress.Parse(row.GetProperty("sourceIP").GetString()!),
        IpAddress.Parse(row.GetProperty("destIP").GetString()!),
        row.GetProperty("destPort").GetUInt16(),
        row.GetProperty("protocol").GetString() switch
        {
            "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            "SCTP" => IpProtocol.Sctp,
            var other => throw new InvalidDataException($"protocol {other}"),
        },
        row.GetProperty("output").GetString()!,
        row.GetProperty("masq").GetBoolean());
}
