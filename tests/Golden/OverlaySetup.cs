using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dataplane.Tests.Golden;

/// <summary>How a lab of <c>10-overlay</c> was built, as its <c>setup.json</c> says.</summary>
public sealed record OverlaySetup
{
    private static readonly Regex SetMac = new(
        @"^\[(\w+)\] ip link set (\S+) address ([0-9a-f:]{17})", RegexOptions.Compiled);
    private static readonly Regex AddAddress = new(
        @"^\[(\w+)\] ip addr add (\S+)/(\d+) dev (\S+)", RegexOptions.Compiled);

    public required string Variant { get; init; }

    /// <summary><c>vxlan</c>, <c>hostgw</c>, <c>geneve</c> or <c>ipip</c>.</summary>
    public required string Mode { get; init; }

    public required int Vni { get; init; }

    public required int Port { get; init; }

    /// <summary>What was added to <c>ip link add</c> beyond the defaults: <c>ttl 17 tos 0x48</c>.</summary>
    public required string LinkOptions { get; init; }

    public required int TunnelMtu { get; init; }

    public required int PodMtu { get; init; }

    public required int UnderlayMtu { get; init; }

    /// <summary>The sender's outer CE mark came from a mangle rule: only the receiving half is the tunnel's.</summary>
    public required bool MarksOuterCe { get; init; }

    /// <summary>IPv6 beside IPv4 in the pods.</summary>
    public required bool HasIpv6Pods { get; init; }

    /// <summary>The nodes reach each other by IPv6.</summary>
    public required bool HasIpv6Underlay { get; init; }

    /// <summary><c>flannel.1</c>; <c>eth0</c> where there is no tunnel.</summary>
    public required string TunnelDevice { get; init; }

    public required string Kernel { get; init; }

    /// <summary>Pod name (<c>p1a p1b</c> on node 1, <c>p2a p2b</c> on node 2) to IPv4 address.</summary>
    public required IReadOnlyDictionary<string, string> Pods { get; init; }

    /// <summary>Underlay addresses of node 1 and node 2.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    public required IReadOnlyList<string> NodeMacs { get; init; }

    public required IReadOnlyList<string> TunnelMacs { get; init; }

    /// <summary>Each command with the namespace that ran it: <c>[n1] ip link …</c>.</summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary>The MAC that a device was given: <c>MacOf("p1a", "eth0")</c>, <c>MacOf("n1", "cni0")</c>.</summary>
    public string MacOf(string where, string device) => Commands
        .Select(command => SetMac.Match(command))
        .First(match => match.Success && match.Groups[1].Value == where && match.Groups[2].Value == device)
        .Groups[3].Value;

    /// <summary>A device's addresses of both families, without prefix lengths.</summary>
    public IReadOnlyList<IPAddress> AddressesOf(string where, string device) =>
    [
        .. Commands
            .Select(command => AddAddress.Match(command))
            .Where(match => match.Success && match.Groups[1].Value == where && match.Groups[4].Value == device)
            .Select(match => IPAddress.Parse(match.Groups[2].Value)),
    ];

    internal static OverlaySetup Parse(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement json = document.RootElement;
        JsonElement parameters = json.GetProperty("params");
        string six = parameters.GetProperty("v6").ToString();
        return new OverlaySetup
        {
            Variant = json.GetProperty("variant").GetString()!,
            Mode = parameters.GetProperty("mode").GetString()!,
            Vni = parameters.GetProperty("vni").GetInt32(),
            Port = parameters.GetProperty("port").GetInt32(),
            LinkOptions = parameters.GetProperty("vx").GetString()!,
            TunnelMtu = parameters.GetProperty("mtu_vtep").GetInt32(),
            PodMtu = parameters.GetProperty("mtu_pod").GetInt32(),
            UnderlayMtu = parameters.GetProperty("under").GetInt32(),
            MarksOuterCe = parameters.GetProperty("ce").GetBoolean(),
            HasIpv6Pods = six == "inner",
            HasIpv6Underlay = six == "under",
            TunnelDevice = json.GetProperty("tunnel_device").GetString()!,
            Kernel = json.GetProperty("kernel").GetString()!,
            Pods = json.GetProperty("pods").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!),
            Nodes = Texts(json.GetProperty("nodes")),
            NodeMacs = Texts(json.GetProperty("node_mac")),
            TunnelMacs = Texts(json.GetProperty("vtep_mac")),
            Commands = Texts(json.GetProperty("commands")),
        };
    }

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];
}
