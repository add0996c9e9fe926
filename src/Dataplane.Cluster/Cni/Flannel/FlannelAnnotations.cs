using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>What flanneld wrote on its node (flannel's pkg/subnet/kube/annotations.go).</summary>
internal sealed record FlannelAnnotations(Node Node)
{
    public const string Prefix = "flannel.alpha.coreos.com/";

    private const uint MaxVni = 0xFFFFFF;

    /// <summary>Whether there is any flannel annotation on the node.</summary>
    public bool IsPresent { get; private init; }

    /// <summary>Null where the annotation is absent.</summary>
    public string? BackendType { get; private init; }

    public uint? Vni { get; private init; }

    public MacAddress? VtepMac { get; private init; }

    /// <summary>The second device's (flannel-v6.1), where there are two.</summary>
    public MacAddress? VtepMacV6 { get; private init; }

    /// <summary>Whether flanneld made a device for IPv6 outer headers.</summary>
    public bool HasV6Device { get; private init; }

    public IpAddress PublicV4 { get; private init; }

    public IpAddress PublicV6 { get; private init; }

    public static FlannelAnnotations Read(Node node, List<string> notes)
    {
        (uint? vni, MacAddress? mac) = BackendData(node, "backend-data", notes);
        (uint? vniV6, MacAddress? macV6) = BackendData(node, "backend-v6-data", notes);
        return new FlannelAnnotations(node)
        {
            IsPresent = node.Annotations.Keys.Any(key => key.StartsWith(Prefix, StringComparison.Ordinal)),
            BackendType = node.Annotations.GetValueOrDefault(Prefix + "backend-type"),
            Vni = vni ?? vniV6,
            VtepMac = mac ?? macV6,
            VtepMacV6 = mac is null ? null : macV6,
            HasV6Device = macV6 is not null,
            PublicV4 = Address(node, "public-ip", 4, notes),
            PublicV6 = Address(node, "public-ipv6", 6, notes),
        };
    }

    private static (uint? Vni, MacAddress? Mac) BackendData(Node node, string name, List<string> notes)
    {
        if (!node.Annotations.TryGetValue(Prefix + name, out string? text) || text.Trim() is "null" or "")
            return (null, null);
        if (!GoJson.TryParse(text, out JsonElement data))
        {
            notes.Add($"{node.Source}: node {node.Name}: annotation {Prefix}{name} is not a JSON object: ignored");
            return (null, null);
        }

        uint? vni = GoJson.Number(data, "VNI", MaxVni);
        if (vni is null && GoJson.Field(data, "VNI") is not null)
            notes.Add(
                $"{node.Source}: node {node.Name}: VNI in annotation {Prefix}{name} is not 0 to {MaxVni}: ignored");

        bool hasMac = SettingValues.TryDeviceMac(GoJson.Text(data, "VtepMAC"), out MacAddress mac);
        if (!hasMac && GoJson.Field(data, "VtepMAC") is not null)
            notes.Add(
                $"{node.Source}: node {node.Name}: VtepMAC in annotation {Prefix}{name} is no device's MAC "
                + $"address: ignored");

        return (vni, hasMac ? mac : null);
    }

    private static IpAddress Address(Node node, string name, int family, List<string> notes)
    {
        if (!node.Annotations.TryGetValue(Prefix + name, out string? text)) return default;
        if (IpAddress.TryParse(text, out IpAddress address) && address.Family == family) return address;

        notes.Add($"{node.Source}: node {node.Name}: annotation {Prefix}{name} is not an IPv{family} address: ignored");
        return default;
    }
}
