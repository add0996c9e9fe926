using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Cluster.Cni;

/// <summary>
/// The two-node labs of golden/10-overlay as a cluster and the settings that make the emulation the same.
/// </summary>
public static partial class OverlayLab
{
    public const string Namespace = "default";

    private static readonly string[] NodeNames = ["n1", "n2"];

    /// <summary>The variants that flannel's profile can be, by folder name.</summary>
    public static readonly string[] Variants =
    [
        "vxlan-flannel", "vxlan-flannel-linux6.1", "vxlan-calico", "vxlan-df-set", "vxlan-misconf-frag",
            "vxlan-noudpcsum",
        "vxlan-outer-ce", "vxlan-podmtu1500", "vxlan-srcport-const", "vxlan-tos-inherit", "vxlan-ttl-inherit",
        "vxlan-ttl17-tos48", "vxlan-v6inner", "hostgw",
    ];

    /// <summary>
    /// The folder of a variant: in the project's golden files, else beside the repository; null where neither is.
    /// </summary>
    public static string? Folder(string variant)
    {
        for (DirectoryInfo? place = new(AppContext.BaseDirectory); place is not null; place = place.Parent)
        {
            foreach (string golden in new[] { "tests/Golden", "shared/golden" })
            {
                string folder = Path.Combine(place.FullName, golden, "10-overlay", variant);
                if (Directory.Exists(folder)) return folder;
            }
        }

        return null;
    }

    /// <summary>
    /// Nodes <c>n1 n2</c>, pods <c>default/p1a</c> and so on; bad settings throw when they are parsed, not here.
    /// </summary>
    public static (ClusterSnapshot Snapshot, string[] Settings) Load(string variantFolder)
    {
        JsonElement setup = Setup(variantFolder);
        string[] commands = [.. setup.GetProperty("commands").EnumerateArray().Select(command => command.GetString()!)];
        ClusterSnapshot snapshot = new()
        {
            Nodes = [.. NodeNames.Select((name, i) => new Node(name, new SourceLine("setup.json", 1))
            {
                InternalIps = [IpAddress.Parse(setup.GetProperty("nodes")[i].GetString()!)],
                PodCidrs = [.. PodCidrs(commands, name)],
            })],
            Pods = [.. setup.GetProperty("pods").EnumerateObject()
                .Select(pod => new Pod(Namespace, pod.Name, new SourceLine("setup.json", 1))
            {
                NodeName = "n" + pod.Name[1],
                Phase = "Running",
                Addresses = [.. Addresses(commands, pod.Name, "eth0")
                    .Select(prefix => IpAddress.Parse(prefix.Split('/')[0]))],
            })],
        };
        return (snapshot, [.. Settings(setup, commands)]);
    }

    /// <summary>setup.json, plain or compressed.</summary>
    public static JsonElement Setup(string variantFolder)
    {
        string path = Path.Combine(variantFolder, "setup.json");
        if (File.Exists(path)) return JsonDocument.Parse(File.ReadAllText(path)).RootElement;

        using GZipStream unzipped = new(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        return JsonDocument.Parse(unzipped).RootElement;
    }

    private static IEnumerable<string> Settings(JsonElement setup, string[] commands)
    {
        JsonElement parameters = setup.GetProperty("params");
        bool isVxlan = parameters.GetProperty("mode").GetString() == "vxlan";
        yield return "gateway=off";
        yield return "flannel.ipMasq=off";
        yield return "flannel.backend=" + (isVxlan ? "vxlan" : "host-gw");
        yield return "mtu.underlay=" + parameters.GetProperty("under");
        yield return "mtu.pod=" + parameters.GetProperty("mtu_pod");
        for (int i = 0; i < NodeNames.Length; i++)
        {
            yield return $"node.{NodeNames[i]}.mac={setup.GetProperty("node_mac")[i]}";
            yield return $"bridge.{NodeNames[i]}.mac={Mac(commands, NodeNames[i], "cni0")}";
            if (isVxlan) yield return $"vtep.{NodeNames[i]}.mac={setup.GetProperty("vtep_mac")[i]}";
        }

        foreach (JsonProperty pod in setup.GetProperty("pods").EnumerateObject())
            yield return $"pod.{Namespace}/{pod.Name}.mac={Mac(commands, pod.Name, "eth0")}";

        if (!isVxlan) yield break;
        yield return "mtu.tunnel=" + parameters.GetProperty("mtu_vtep");
        yield return "vxlan.vni=" + parameters.GetProperty("vni");
        yield return "vxlan.port=" + parameters.GetProperty("port");
        foreach (string setting in TunnelWords(parameters.GetProperty("vx").GetString()!)) yield return setting;
    }

    /// <summary>
    /// <c>ip link</c>'s words as settings: <c>srcport 49152 49153</c> excludes its second port, ours does not.
    /// </summary>
    private static IEnumerable<string> TunnelWords(string words)
    {
        Queue<string> queue = new(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        while (queue.TryDequeue(out string? word))
        {
            yield return word switch
            {
                "udpcsum" => "vxlan.udpcsum=on",
                "noudpcsum" => "vxlan.udpcsum=off",
                "srcport" => $"vxlan.srcport={queue.Dequeue()}-{int.Parse(queue.Dequeue(), null) - 1}",
                "ttl" or "tos" or "df" => $"vxlan.{word}={queue.Dequeue()}",
                _ => throw new InvalidDataException(
                    $"setup.json: params.vx: {word} is not a word that the loader knows"),
            };
        }
    }

    private static string Mac(string[] commands, string name, string device) =>
        commands.Select(command => LinkAddress().Match(command))
            .First(match =>
                match.Success && match.Groups["name"].Value == name && match.Groups["device"].Value == device)
            .Groups["mac"].Value;

    private static IEnumerable<IpPrefix> PodCidrs(string[] commands, string node) =>
        Addresses(commands, node, "cni0").Select(IpPrefix.Parse);

    private static IEnumerable<string> Addresses(string[] commands, string name, string device) =>
        commands.Select(command => AddedAddress().Match(command))
            .Where(match =>
                match.Success && match.Groups["name"].Value == name && match.Groups["device"].Value == device)
            .Select(match => match.Groups["prefix"].Value);

    [GeneratedRegex(@"^\[(?<name>\w+)\] ip link set (?<device>\S+) address (?<mac>\S+)")]
    private static partial Regex LinkAddress();

    [GeneratedRegex(@"^\[(?<name>\w+)\] ip addr add (?<prefix>\S+) dev (?<device>\S+)")]
    private static partial Regex AddedAddress();
}
