using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>What ovnkube wrote on a node (ovn-kubernetes' pkg/util/node_annotations.go).</summary>
internal sealed record OvnAnnotations(Node Node)
{
    public const string Prefix = "k8s.ovn.org/";

    private const string HybridMacName = "hybrid-overlay-distributed-router-gateway-mac";

    /// <summary>The default network's subnets of the node.</summary>
    public ImmutableArray<IpPrefix> Subnets { get; private init; } = [];

    /// <summary>The MAC of the node's bridge to the underlay (breth0); null where it is not said.</summary>
    public MacAddress? GatewayMac { get; private init; }

    public IpAddress PrimaryV4 { get; private init; }

    public IpAddress PrimaryV6 { get; private init; }

    public IpAddress TransitV4 { get; private init; }

    public IpAddress TransitV6 { get; private init; }

    /// <summary>
    /// The gateway router's address on the join switch: what comes from outside reaches pods with it.
    /// </summary>
    public IpAddress JoinV4 { get; private init; }

    public IpAddress JoinV6 { get; private init; }

    /// <summary>Empty where it is absent: one zone for all.</summary>
    public string Zone { get; private init; } = "";

    /// <summary>From 1; 0 where it is absent.</summary>
    public uint Id { get; private init; }

    public bool HasTransit => TransitV4.IsV4 || TransitV6.IsV6;

    /// <summary>The subnet of a node outside of OVN; empty for OVN's own.</summary>
    public ImmutableArray<IpPrefix> HybridSubnets { get; private init; } = [];

    /// <summary>
    /// Of the node's port on the hybrid overlay, or a Windows node's distributed router; null where it is absent.
    /// </summary>
    public MacAddress? HybridMac { get; private init; }

    /// <summary>A node outside of OVN, mostly Windows.</summary>
    public bool IsHybrid => Subnets.IsEmpty && !HybridSubnets.IsEmpty;

    public static OvnAnnotations Read(Node node, List<string> notes)
    {
        Reading reading = new(node, notes);
        JsonElement primary = reading.Object("node-primary-ifaddr");
        JsonElement transit = reading.Object("node-transit-switch-port-ifaddr");
        JsonElement join = reading.Object("node-gateway-router-lrp-ifaddr");
        JsonElement gateway = GoJson.Field(reading.Object("l3-gateway-config"), "default") ?? default;
        return new OvnAnnotations(node)
        {
            Subnets = reading.Subnets(),
            GatewayMac = reading.Mac("l3-gateway-config", GoJson.Text(gateway, "mac-address")),
            PrimaryV4 = reading.Address(primary, "node-primary-ifaddr", 4),
            PrimaryV6 = reading.Address(primary, "node-primary-ifaddr", 6),
            TransitV4 = reading.Address(transit, "node-transit-switch-port-ifaddr", 4),
            TransitV6 = reading.Address(transit, "node-transit-switch-port-ifaddr", 6),
            JoinV4 = reading.Address(join, "node-gateway-router-lrp-ifaddr", 4),
            JoinV6 = reading.Address(join, "node-gateway-router-lrp-ifaddr", 6),
            Zone = node.Annotations.GetValueOrDefault(Prefix + "zone-name", ""),
            Id = reading.Id(),
            HybridSubnets = reading.HybridSubnet(),
            HybridMac = reading.Mac(HybridMacName, node.Annotations.GetValueOrDefault(Prefix + HybridMacName)),
        };
    }

    private sealed class Reading(Node node, List<string> notes)
    {
        public JsonElement Object(string name)
        {
            if (!node.Annotations.TryGetValue(Prefix + name, out string? text)) return default;
            if (GoJson.TryParse(text, out JsonElement value)) return value;

            Refuse(name, "a JSON object");
            return default;
        }

        /// <summary>A list of prefixes under "default", or one, as older versions write it.</summary>
        public ImmutableArray<IpPrefix> Subnets()
        {
            const string Name = "node-subnets";
            if (GoJson.Field(Object(Name), "default") is not { } value) return [];

            IEnumerable<string?> texts = value.ValueKind switch
            {
                JsonValueKind.Array => value.EnumerateArray()
                    .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : null),
                JsonValueKind.String => [value.GetString()],
                _ => [null],
            };
            ImmutableArray<IpPrefix> subnets = [];
            foreach (string? text in texts)
            {
                if (text is not null && IpPrefix.TryParse(text, out IpPrefix prefix)) subnets = subnets.Add(prefix);
                else Refuse(Name, "a list of CIDRs");
            }

            return subnets;
        }

        public IpAddress Address(JsonElement value, string name, int family)
        {
            string? text = GoJson.Text(value, family == 4 ? "ipv4" : "ipv6");
            if (string.IsNullOrEmpty(text)) return default;
            if (InterfaceAddress.TryParse(text, family, out IpAddress address, out _)) return address;

            Refuse(name, $"an IPv{family} address");
            return default;
        }

        public MacAddress? Mac(string name, string? text)
        {
            if (string.IsNullOrEmpty(text)) return null;
            if (SettingValues.TryDeviceMac(text, out MacAddress mac)) return mac;

            Refuse(name, "a device's MAC address");
            return null;
        }

        public ImmutableArray<IpPrefix> HybridSubnet()
        {
            const string Name = "hybrid-overlay-node-subnet";
            if (!node.Annotations.TryGetValue(Prefix + Name, out string? text)) return [];
            if (IpPrefix.TryParse(text, out IpPrefix prefix)) return [prefix];

            Refuse(Name, "a CIDR");
            return [];
        }

        public uint Id()
        {
            if (!node.Annotations.TryGetValue(Prefix + "node-id", out string? text)) return 0;
            if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)) return id;

            Refuse("node-id", "a number");
            return 0;
        }

        private void Refuse(string name, string wanted) =>
            notes.Add($"{node.Source}: node {node.Name}: annotation {Prefix}{name} is not {wanted}: ignored");
    }
}
