using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>
/// The ConfigMaps that start ovnkube: OpenShift's ovnkube-config with ovnkube.conf in it, or upstream's ovn-config.
/// </summary>
internal sealed record OvnConfiguration
{
    public const string OpenShiftMap = "ovnkube-config";
    public const string UpstreamMap = "ovn-config";

    public int? Mtu { get; private init; }

    public ushort? Port { get; private init; }

    /// <summary>The hybrid overlay's VXLAN port.</summary>
    public ushort? HybridPort { get; private init; }

    public ImmutableArray<IpPrefix> Networks { get; private init; } = [];

    public static OvnConfiguration Read(ClusterSnapshot snapshot, List<string> notes)
    {
        ConfigMap? map = snapshot.ConfigMaps.FirstOrDefault(map => map.Name == OpenShiftMap)
            ?? snapshot.ConfigMaps.FirstOrDefault(map => map.Name == UpstreamMap);
        if (map is null) return new OvnConfiguration();

        IReadOnlyDictionary<string, string> values = map.Data.TryGetValue("ovnkube.conf", out string? text)
            ? Lines(text) : map.Data;
        return new OvnConfiguration
        {
            Mtu = Number(map, values, "mtu", notes),
            Port = (ushort?)Number(map, values, "encap-port", notes),
            HybridPort = (ushort?)Number(map, values, "hybrid-overlay-vxlan-port", notes),
            Networks =
            [
                .. Prefixes(
                    map, values.GetValueOrDefault("cluster-subnets") ?? values.GetValueOrDefault("net_cidr"), notes),
            ],
        };
    }

    /// <summary>key="value" lines, whatever their section.</summary>
    private static Dictionary<string, string> Lines(string text)
    {
        Dictionary<string, string> values = [];
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) values.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Trim().Trim('"'));
        }

        return values;
    }

    private static int? Number(
        ConfigMap map, IReadOnlyDictionary<string, string> values, string key, List<string> notes)
    {
        if (!values.TryGetValue(key, out string? text) || text.Length == 0) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number is > 0 and <= ushort.MaxValue) return number;

        notes.Add(
            $"{map.Source}: ConfigMap {map.Namespace}/{map.Name}: {key} is {SettingValues.Show(text)}, not a number: "
            + "ignored");
        return null;
    }

    /// <summary>
    /// CIDRs with, for IPv4, the length of the nodes' subnets behind another slash: 10.128.0.0/14/23.
    /// </summary>
    private static IEnumerable<IpPrefix> Prefixes(ConfigMap map, string? text, List<string> notes)
    {
        foreach (string part in (text ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pieces = part.Split('/');
            string cidr = pieces.Length == 3 ? $"{pieces[0]}/{pieces[1]}" : part;
            if (IpPrefix.TryParse(cidr, out IpPrefix prefix)) yield return prefix;
            else
                notes.Add(
                    $"{map.Source}: ConfigMap {map.Namespace}/{map.Name}: "
                    + $"cluster subnet {SettingValues.Show(part)} is no CIDR: ignored");
        }
    }
}
