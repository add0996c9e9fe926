using System.Collections.Immutable;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>
/// flannel's own configuration: net-conf.json of the ConfigMap kube-flannel-cfg (flannel's pkg/subnet/config.go).
/// </summary>
internal sealed record FlannelConfiguration
{
    public const string ConfigMapName = "kube-flannel-cfg";

    /// <summary>Lower case, as flanneld compares it; null without a ConfigMap.</summary>
    public string? BackendType { get; private init; }

    public uint? Vni { get; private init; }

    public ushort? Port { get; private init; }

    public bool? DirectRouting { get; private init; }

    /// <summary>Whether flanneld makes devices for IPv6 outer headers.</summary>
    public bool? EnableIpv6 { get; private init; }

    /// <summary>Network and IPv6Network, those that are there.</summary>
    public ImmutableArray<IpPrefix> Networks { get; private init; } = [];

    /// <summary>Where it stands.</summary>
    public SourceLine Source { get; private init; }

    public static ConfigMap? FindConfigMap(ClusterSnapshot snapshot) =>
        snapshot.ConfigMaps.FirstOrDefault(map => map.Name == ConfigMapName);

    public static FlannelConfiguration Read(ClusterSnapshot snapshot, List<string> notes)
    {
        ConfigMap? map = FindConfigMap(snapshot);
        if (map is null || !map.Data.TryGetValue("net-conf.json", out string? text)) return new FlannelConfiguration();
        if (!GoJson.TryParse(text, out JsonElement root))
        {
            notes.Add(
                $"{map.Source}: ConfigMap {map.Namespace}/{map.Name}: net-conf.json is not a JSON object: ignored");
            return new FlannelConfiguration();
        }

        JsonElement backend = GoJson.Field(root, "Backend") ?? default;
        uint? port = GoJson.Number(backend, "Port", ushort.MaxValue);
        return new FlannelConfiguration
        {
            BackendType = GoJson.Text(backend, "Type")?.ToLowerInvariant() ?? "udp",
            Vni = GoJson.Number(backend, "VNI", 0xFFFFFF),
            Port = port is null or 0 ? null : (ushort)port,
            DirectRouting = GoJson.Flag(backend, "DirectRouting"),
            EnableIpv6 = GoJson.Flag(root, "EnableIPv6"),
            Networks = [.. Network(map, root, "Network", 4, notes), .. Network(map, root, "IPv6Network", 6, notes)],
            Source = map.Source,
        };
    }

    private static IEnumerable<IpPrefix> Network(ConfigMap map, JsonElement root, string field, int family,
        List<string> notes)
    {
        string? text = GoJson.Text(root, field);
        if (string.IsNullOrEmpty(text)) return [];
        if (IpPrefix.TryParse(text, out IpPrefix prefix) && prefix.Address.Family == family) return [prefix];

        notes.Add(
            $"{map.Source}: {field} in net-conf.json is not an IPv{family} prefix ({SettingValues.Show(text)}): "
            + $"ignored");
        return [];
    }
}
