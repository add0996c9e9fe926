using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Wire;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Settings;

/// <summary>Every key that <c>--set</c> knows: parsing, help and errors are read off this table.</summary>
public static class SettingRegistry
{
    private const string OneMac = "a device's MAC address such as 02:00:c0:a8:38:0b";
    private const string AnMtu = "576 to 65535";
    private const int LargestLimit = 1 << 29;
    internal const string OnOff = "on or off";

    private static readonly string[] IpvsSchedulers =
        ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh", "fo", "ovf"];

    private static readonly int[] MaglevSizes = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071];

    public static ImmutableArray<SettingDefinition> All { get; } =
        [.. TunnelSettingDefinitions.All(), .. Mtus(), .. LinkSettingDefinitions.All(), .. Macs(), .. Routing(),
            .. CniSettingDefinitions.All(),
            .. Policies(), .. Connections(), .. Limits(), .. Proxy()];

    internal static SettingDefinition Find(string key, out string name)
    {
        foreach (SettingDefinition setting in All)
        {
            if (setting.Matches(key, out name)) return setting;
        }

        string shown = Show(key);
        string? nearest = All.FirstOrDefault(setting => setting.HasAffixes(key))?.Key
            ?? NearestWord.Of(key, All.Select(setting => setting.Candidate(key)));
        string hint = nearest is not null ? $": did you mean {nearest}?" : RelativesOf(key);
        throw new InvalidDataException($"unknown setting {shown}{hint} (dataplane manual lists all)");
    }

    /// <summary>Those that begin with the same word: <c>: there are mtu.underlay, mtu.tunnel, mtu.pod</c>.</summary>
    private static string RelativesOf(string key)
    {
        string family = key.Split('.')[0] + '.';
        string relatives = string.Join(", ",
            All.Select(setting => setting.Key).Where(known => known.StartsWith(family, StringComparison.Ordinal)));
        return relatives.Length == 0 ? "" : $": there are {relatives}";
    }

    private static IEnumerable<SettingDefinition> Mtus() =>
    [
        Define("mtu.underlay", AnMtu, "1500", "MTU of the nodes' eth0",
            Number(576, 65535), (settings, mtu) => settings with { UnderlayMtu = mtu }),
        Define("mtu.tunnel", AnMtu, "the underlay's less the tunnel's overhead", "MTU of the tunnel device",
            Number(576, 65535), (settings, mtu) => settings with { TunnelMtu = mtu }),
        Define("mtu.pod", AnMtu, "the tunnel's; the underlay's without a tunnel", "MTU of pods and bridge",
            Number(576, 65535), (settings, mtu) => settings with { PodMtu = mtu }),
    ];

    private static IEnumerable<SettingDefinition> Macs() =>
    [
        Named("node.NAME.mac", "made up from the name", "MAC of the node's eth0",
            (settings, name, mac) => settings with { NodeMacs = settings.NodeMacs.SetItem(name, mac) }),
        Named("vtep.NAME.mac", "the node's annotation, else made up from the name", "MAC of the node's tunnel device",
            (settings, name, mac) => settings with { VtepMacs = settings.VtepMacs.SetItem(name, mac) }),
        Named("bridge.NAME.mac", "0a:58 and the bridge's IPv4 address",
            "MAC of the node's cni0; frames to another MAC are not for it",
            (settings, name, mac) => settings with { BridgeMacs = settings.BridgeMacs.SetItem(name, mac) }),
        Named("pod.NS/NAME.mac", "the capture, else 0a:58 and the pod's IPv4 address", "MAC of the pod's eth0",
            (settings, name, mac) => settings with { PodMacs = settings.PodMacs.SetItem(name, mac) }),
        Named("veth.NS/NAME.mac", "the capture, else the bridge's",
            "MAC of the node's end of the pod's veth, where pods are routed",
            (settings, name, mac) => settings with { VethMacs = settings.VethMacs.SetItem(name, mac) }),
    ];

    private static IEnumerable<SettingDefinition> Routing() =>
    [
        Define("gateway", OnOff, "on", "whether nodes have a default route",
            Switch, (settings, on) => settings with { HasGateway = on }),
        Define<MacAddress>("gateway.mac", OneMac, "made up", "MAC of the nodes' next hop outside",
            TryDeviceMac, (settings, mac) => settings with { GatewayMac = mac }),
        Define("node.udp", "open or closed", "open",
            "whether something listens on a node's UDP ports; closed ones answer with port-unreachable",
            OneOf(("open", false), ("closed", true)),
            (settings, closed) => settings with { NodeUdpClosed = closed }),
        Define("pod.attach", "bridge or routed",
            "the CNI's (flannel, openshift-sdn, ovn-kubernetes: bridge)", "how pods hang on their node",
            OneOf(("bridge", PodAttachment.Bridge), ("routed", PodAttachment.Routed)),
            (settings, attachment) => settings with { PodAttachment = attachment }),
    ];

    private static IEnumerable<SettingDefinition> Policies() =>
    [
        Define<PolicyEnforcer?>("policy.enforcer", "calico, cilium, ovn-kubernetes or none",
            "the CNI's (flannel: none)", "who enforces NetworkPolicies; calico beside flannel is Canal",
            OneOf<PolicyEnforcer?>(("calico", PolicyEnforcer.Calico), ("cilium", PolicyEnforcer.Cilium),
                ("ovn-kubernetes", PolicyEnforcer.OvnKubernetes), ("none", PolicyEnforcer.None)),
            (settings, enforcer) => settings with { PolicyEnforcer = enforcer }),
    ];

    private static IEnumerable<SettingDefinition> Connections() =>
    [
        Define("lb.algorithm", "random or maglev", "random", "how a service's backend is chosen",
            OneOf(("random", LoadBalancerAlgorithm.Random), ("maglev", LoadBalancerAlgorithm.Maglev)),
            (settings, algorithm) => settings with { LoadBalancer = algorithm }),
        Define<int>("lb.maglevSize", string.Join(' ', MaglevSizes), "16381", "entries of a service's Maglev table",
            (string text, out int size) => Number(1, int.MaxValue)(text, out size) && MaglevSizes.Contains(size),
            (settings, size) => settings with { MaglevSize = size }),
        Define("conntrack.profile", "linux or cilium", "linux", "whose connection states and timeouts apply",
            OneOf(("linux", ConntrackProfile.Linux), ("cilium", ConntrackProfile.Cilium)),
            (settings, profile) => settings with { ConntrackProfile = profile }),
        Define<long?>("conntrack.max", "a number from 1, kernel (262144), cilium (524288) or unlimited", "unlimited",
            "connections in a node's table",
            Either<long?>(OneOf<long?>(("unlimited", null), ("kernel", 262144), ("cilium", 524288)),
                TryConnectionLimit),
            (settings, max) => settings with { ConntrackMax = max }),
        Define("unlisted", "forward or unreachable", "unreachable",
            "what becomes of packets to a podCIDR's address without a Pod",
            OneOf(("forward", true), ("unreachable", false)),
            (settings, forward) => settings with { ForwardUnlisted = forward }),
        Define<ulong>("seed", "0 to 18446744073709551615", "0", "seed of flow hashes, random choices and IP ids",
            TryUInt64, (settings, seed) => settings with { Seed = seed }),
    ];

    private static IEnumerable<SettingDefinition> Limits() =>
    [
        DefineLimit("limit.addresses", 1, "16777216",
            "IPv6 addresses that a run remembers; packets of others are dropped (no-buffer)",
            (limits, most) => limits with { Addresses = most }),
        DefineLimit("limit.unlisted", 0, "16777216", "addresses without a Pod that are learnt from the capture",
            (limits, most) => limits with { Unlisted = most }),
        DefineLimit("limit.expansion", 1, "10000", "bytes that one byte of a compressed capture may become",
            (limits, most) => limits with { Expansion = most }),
        DefineLimit("limit.preload", 1, "three quarters of the memory", "MiB that --preload holds",
            (limits, most) => limits with { PreloadMebibytes = most }),
    ];

    private static SettingDefinition DefineLimit(
        string key, int min, string standard, string help, Func<LimitSettings, int, LimitSettings> set) =>
        Define(key, $"{min} to {LargestLimit}", standard, help, Number(min, LargestLimit),
            (settings, value) => settings with { Limits = set(settings.Limits, value) });

    private static IEnumerable<SettingDefinition> Proxy() =>
    [
        DefineProxy("proxy.masqueradeAll", OnOff, "off", "masquerade everything that is sent to a cluster IP",
            Switch, (proxy, on) => proxy with { MasqueradeAll = on }),
        DefineProxy("proxy.masqueradeBit", "0 to 31", "14", "the mark's bit that asks for masquerading",
            Number(0, 31), (proxy, bit) => proxy with { MasqueradeBit = bit }),
        DefineProxy<ImmutableArray<IpPrefix>>("proxy.clusterCIDR", "CIDR or CIDR,CIDR, one for each family",
            "the network of all pods", "what kube-proxy takes for pods' addresses",
            TryNetworks, (proxy, networks) => proxy with { ClusterCidrs = networks }),
        DefineProxy<LocalMode>("proxy.detectLocal",
            "ClusterCIDR, NodeCIDR, BridgeInterface:DEVICE, InterfaceNamePrefix:PREFIX or none", "ClusterCIDR",
            "how kube-proxy tells pods' traffic from others'",
            TryLocalMode, (proxy, mode) => proxy with { DetectLocal = mode }),
        DefineProxy<ImmutableArray<IpPrefix>>("proxy.nodePortAddresses", "CIDR,CIDR,...", "all of the node's",
            "addresses of nodes that take node ports",
            TryPrefixes, (proxy, prefixes) => proxy with { NodePortAddresses = prefixes }),
        DefineProxy<PortRange>(
            "proxy.nodePortRange", "MIN-MAX", "30000-32767", "node ports that the API server gives out",
            TryPorts, (proxy, ports) => proxy with { NodePortRange = ports }),
        DefineProxy("proxy.localhostNodePorts", OnOff, "on", "whether 127.0.0.1 takes node ports",
            Switch, (proxy, on) => proxy with { LocalhostNodePorts = on }),
        DefineProxy("proxy.randomFully", OnOff, "on", "whether masquerading draws its source ports",
            Switch, (proxy, on) => proxy with { RandomFully = on }),
        DefineProxy("proxy.tcpBeLiberal", OnOff, "off", "nf_conntrack_tcp_be_liberal: keep what is INVALID",
            Switch, (proxy, on) => proxy with { TcpBeLiberal = on }),
        Define("ipvs.scheduler", string.Join(' ', IpvsSchedulers), "rr", "how IPVS chooses a real server",
            OneOf([.. IpvsSchedulers.Select(name => (name, name))]),
            (settings, scheduler) => settings with { IpvsScheduler = scheduler }),
    ];

    private static SettingDefinition DefineProxy<T>(
        string key, string allowed, string standard, string help, TryRead<T> read,
        Func<ProxySettings, T, ProxySettings> set) =>
        Define(key, allowed, standard, help, read,
            (settings, value) => settings with { Proxy = set(settings.Proxy, value) });

    internal static SettingDefinition Define<T>(
        string key, string allowed, string standard, string help, TryRead<T> read,
        Func<EmulationSettings, T, EmulationSettings> set) =>
        new(key, allowed, standard, help)
        {
            Apply = (settings, _, text) => read(text, out T value) ? set(settings, value) : null,
        };

    internal static SettingDefinition Named<T>(
        string key, string allowed, string standard, string help, TryRead<T> read,
        Func<EmulationSettings, string, T, EmulationSettings> set) =>
        new(key, allowed, standard, help)
        {
            Apply = (settings, name, text) => read(text, out T value) ? set(settings, name, value) : null,
        };

    private static SettingDefinition Named(
        string key, string standard, string help, Func<EmulationSettings, string, MacAddress, EmulationSettings> set) =>
        Named<MacAddress>(key, OneMac, standard, help, TryDeviceMac, set);
}
