using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;
using static Dataplane.Cluster.Settings.SettingRegistry;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Settings;

/// <summary>The keys that one CNI reads.</summary>
internal static class CniSettingDefinitions
{
    private const string Modes = "Never, CrossSubnet or Always";

    public static IEnumerable<SettingDefinition> All() =>
        [.. Flannel(), .. Calico(), .. Cilium(), .. OpenShift(), .. Ovn()];

    private static IEnumerable<SettingDefinition> Flannel() =>
    [
        Define("flannel.backend", "vxlan, host-gw or ipip", "the nodes' annotations, else vxlan", "flannel's backend",
            OneOf(("vxlan", FlannelBackend.Vxlan), ("host-gw", FlannelBackend.HostGateway),
                ("ipip", FlannelBackend.IpIp)),
            (settings, backend) => settings with { FlannelBackend = backend }),
        Define("flannel.directRouting", OnOff, "flannel's configuration, else off",
            "no tunnel between nodes of one layer-2 segment",
            Switch, (settings, on) => settings with { FlannelDirectRouting = on }),
        Define("flannel.ipMasq", OnOff, "on", "masquerade what pods send outside the cluster's network",
            Switch, (settings, on) => settings with { FlannelIpMasq = on }),
        Define<ImmutableArray<IpPrefix>>("flannel.network", "CIDR or CIDR,CIDR, one for each family",
            "flannel's configuration, else what covers the podCIDRs", "the network of all pods",
            TryNetworks, (settings, networks) => settings with { FlannelNetwork = networks }),
    ];

    private static IEnumerable<SettingDefinition> Calico() =>
    [
        Define<EncapsulationMode?>("calico.ipip", Modes, "the IPPool's ipipMode", "when pod traffic goes through IPIP",
            Mode, (settings, mode) => settings with { CalicoIpIp = mode }),
        Define<EncapsulationMode?>("calico.vxlan", Modes, "the IPPool's vxlanMode",
            "when pod traffic goes through VXLAN",
            Mode, (settings, mode) => settings with { CalicoVxlan = mode }),
    ];

    private static IEnumerable<SettingDefinition> Cilium() =>
    [
        Define<CiliumTunnel?>("cilium.tunnel", "vxlan, geneve or disabled", "the ConfigMap cilium-config, else vxlan",
            "Cilium's tunnel; disabled is native routing",
            OneOf<CiliumTunnel?>(("vxlan", CiliumTunnel.Vxlan), ("geneve", CiliumTunnel.Geneve),
                ("disabled", CiliumTunnel.None)),
            (settings, tunnel) => settings with { CiliumTunnel = tunnel }),
    ];

    private static IEnumerable<SettingDefinition> OpenShift() =>
    [
        Define<OpenShiftMode?>("openshift-sdn.mode", "subnet, multitenant or networkpolicy",
            "the ClusterNetwork's pluginName, else networkpolicy", "how OpenShift SDN keeps projects apart",
            OneOf<OpenShiftMode?>(("subnet", OpenShiftMode.Subnet), ("multitenant", OpenShiftMode.Multitenant),
                ("networkpolicy", OpenShiftMode.NetworkPolicy)),
            (settings, mode) => settings with { OpenShiftMode = mode }),
    ];

    private static IEnumerable<SettingDefinition> Ovn() =>
    [
        Key("ovn.NAME.switchKey", 0xFFFFFF, "numbered by node name", "tunnel key of the node's logical switch",
            (keys, name, key) => keys with { Switches = keys.Switches.SetItem(name, key) }),
        Key("ovn.NAME.routerPortKey", 0x7FFF, "numbered: 1", "tunnel key of the router's port on the node's switch",
            (keys, name, key) => keys with { RouterPorts = keys.RouterPorts.SetItem(name, key) }),
        Key("ovn.NAME.transitPortKey", 0x7FFF, "the node's id", "tunnel key of the node's port on the transit switch",
            (keys, name, key) => keys with { TransitPorts = keys.TransitPorts.SetItem(name, key) }),
        Key("ovn.NAME.joinPortKey", 0x7FFF, "the node's id",
            "tunnel key of the gateway router's port on the join switch",
            (keys, name, key) => keys with { JoinPorts = keys.JoinPorts.SetItem(name, key) }),
        Define("ovn.joinSwitchKey", "1 to 16777215", "behind the nodes' switches", "tunnel key of the join switch",
            Number(1, 0xFFFFFF), (settings, key) =>
                settings with { OvnKeys = settings.OvnKeys with { JoinSwitch = (uint)key } }),
        Key("ovn.NS/NAME.portKey", 0x7FFF, "numbered by address", "tunnel key of the pod's port on its switch",
            (keys, name, key) => keys with { PodPorts = keys.PodPorts.SetItem(name, key) }),
    ];

    private static TryRead<EncapsulationMode?> Mode => OneOf<EncapsulationMode?>(("Never", EncapsulationMode.Never),
        ("CrossSubnet", EncapsulationMode.CrossSubnet), ("Always", EncapsulationMode.Always));

    private static SettingDefinition Key(
        string key, int max, string standard, string help, Func<OvnKeys, string, uint, OvnKeys> set) =>
        Named<int>(key, $"1 to {max}", standard, help, Number(1, max),
            (settings, name, number) => settings with { OvnKeys = set(settings.OvnKeys, name, (uint)number) });
}
