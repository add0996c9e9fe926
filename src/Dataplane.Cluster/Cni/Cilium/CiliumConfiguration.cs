using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>The ConfigMap cilium-config, in the words of every version since 1.9 (cilium's pkg/option).</summary>
internal sealed record CiliumConfiguration
{
    public const string ConfigMapName = "cilium-config";

    private static readonly char[] ListSeparators = [' ', ',', '\n'];

    /// <summary>Null where it does not say.</summary>
    public CiliumTunnel? Tunnel { get; private init; }

    public ushort? TunnelPort { get; private init; }

    /// <summary>tunnel-source-port-range, where it is another than the kernel's.</summary>
    public PortRange? SourcePorts { get; private init; }

    public int? Mtu { get; private init; }

    public bool ReplacesKubeProxy { get; private init; }

    /// <summary>bpf-lb-mode: snat, dsr or hybrid; empty where it does not say.</summary>
    public string LoadBalancerMode { get; private init; } = "";

    /// <summary>bpf-lb-dsr-dispatch: opt, geneve or ipip.</summary>
    public string ReturnDispatch { get; private init; } = "opt";

    /// <summary>
    /// tunnel-protocol, which direct server return may use with native routing, too; null where it does not say.
    /// </summary>
    public string? TunnelProtocol { get; private init; }

    /// <summary>enable-pmtu-discovery: clients are told what fits.</summary>
    public bool TellsMtu { get; private init; }

    /// <summary>CiliumEgressGatewayPolicies have an effect.</summary>
    public bool HasEgressGateway { get; private init; }

    public bool Masquerade { get; private init; } = true;

    public ImmutableArray<IpPrefix> NativeCidrs { get; private init; } = [];

    public ImmutableArray<IpPrefix> PoolCidrs { get; private init; } = [];

    public bool IsThere { get; private init; }

    public SourceLine Source { get; private init; }

    /// <summary>What leaves these is masqueraded: with native routing its own CIDR counts, else the pools.</summary>
    public IEnumerable<IpPrefix> ClusterCidrs(bool isNative) =>
        isNative && !NativeCidrs.IsEmpty ? NativeCidrs : PoolCidrs;

    public static CiliumConfiguration Read(ClusterSnapshot snapshot, List<string> notes)
    {
        ConfigMap? map = snapshot.ConfigMaps.FirstOrDefault(map => map.Name == ConfigMapName);
        if (map is null) return new CiliumConfiguration();

        Reading reading = new(map, notes);
        return new CiliumConfiguration
        {
            IsThere = true,
            Source = map.Source,
            Tunnel = reading.Tunnel(),
            TunnelPort = (ushort?)reading.Number("tunnel-port", ushort.MaxValue),
            SourcePorts = reading.Ports("tunnel-source-port-range"),
            Mtu = reading.Number("mtu", ushort.MaxValue),
            ReplacesKubeProxy = reading.Text("kube-proxy-replacement") is "true" or "strict",
            LoadBalancerMode = reading.Text("bpf-lb-mode", "node-port-mode") ?? "",
            ReturnDispatch = reading.Text("bpf-lb-dsr-dispatch") ?? "opt",
            TunnelProtocol = reading.Text("tunnel-protocol", "tunnel"),
            TellsMtu = reading.Text("enable-pmtu-discovery") is "true",
            HasEgressGateway = reading.Text("enable-egress-gateway", "enable-ipv4-egress-gateway") is "true",
            Masquerade = reading.Text("enable-ipv4-masquerade", "masquerade") is not "false",
            NativeCidrs =
            [
                .. reading.Prefixes("ipv4-native-routing-cidr", "native-routing-cidr"),
                .. reading.Prefixes("ipv6-native-routing-cidr"),
            ],
            PoolCidrs = [.. reading.Prefixes("cluster-pool-ipv4-cidr"), .. reading.Prefixes("cluster-pool-ipv6-cidr")],
        };
    }

    private sealed class Reading(ConfigMap map, List<string> notes)
    {
        public string? Text(params ReadOnlySpan<string> keys)
        {
            foreach (string key in keys)
            {
                if (map.Data.TryGetValue(key, out string? text) && text.Length > 0) return text;
            }

            return null;
        }

        /// <summary>routing-mode and tunnel-protocol, or tunnel, as versions before 1.14 have it.</summary>
        public CiliumTunnel? Tunnel()
        {
            if (Text("routing-mode") == "native") return CiliumTunnel.None;

            string? protocol = Text("tunnel-protocol", "tunnel");
            CiliumTunnel? tunnel = protocol switch
            {
                "vxlan" => CiliumTunnel.Vxlan,
                "geneve" => CiliumTunnel.Geneve,
                "disabled" => CiliumTunnel.None,
                _ => null,
            };
            if (tunnel is null && protocol is not null)
                Refuse("tunnel-protocol", protocol, "vxlan, geneve or disabled");
            return tunnel;
        }

        /// <summary>A number from 1; 0 is Cilium's word for its default.</summary>
        public int? Number(string key, int max)
        {
            if (Text(key) is not { } text) return null;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= max)
                return number == 0 ? null : number;

            Refuse(key, text, $"a number to {max}");
            return null;
        }

        public PortRange? Ports(string key)
        {
            if (Text(key) is not { } text || text == "0-0") return null;
            if (SettingValues.TryPorts(text, out PortRange ports)) return ports;

            Refuse(key, text, "MIN-MAX");
            return null;
        }

        public IEnumerable<IpPrefix> Prefixes(params ReadOnlySpan<string> keys)
        {
            string text = Text(keys) ?? "";
            List<IpPrefix> all = [];
            foreach (string part in text.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries))
            {
                if (IpPrefix.TryParse(part, out IpPrefix prefix)) all.Add(prefix);
                else Refuse(keys[0], part, "a CIDR");
            }

            return all;
        }

        private void Refuse(string key, string text, string wanted) => notes.Add(
            $"{map.Source}: ConfigMap {map.Namespace}/{map.Name}: {key} is {SettingValues.Show(text)}, "
            + $"not {wanted}: ignored");
    }
}
