using Dataplane.Cluster.Network;
using static Dataplane.Cluster.Settings.SettingRegistry;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Settings;

/// <summary>The keys of tunnel devices, in <c>ip link</c>'s words.</summary>
internal static class TunnelSettingDefinitions
{
    public static IEnumerable<SettingDefinition> All() =>
    [
        .. Udp(new Slot("vxlan", settings => settings.Vxlan, (settings, tunnel) => settings with { Vxlan = tunnel }),
            "VXLAN", "the CNI's objects, else flannel 1, calico 4096",
            "the CNI's objects, else 8472 (calico, openshift-sdn 4789)", "on (cilium, openshift-sdn: off)",
            "32768-60998 as the kernel has it"),
        .. Udp(new Slot("geneve", settings => settings.Geneve, (settings, tunnel) => settings with { Geneve = tunnel }),
            "Geneve", "the CNI's objects, else OVN's transit switch's key", "the CNI's objects, else 6081",
            "off (ovn-kubernetes: on)", "1-65534 as the kernel has it"),
        .. Header(new Slot("ipip", settings => settings.IpIp, (settings, tunnel) => settings with { IpIp = tunnel }),
            "inherit, as tunl0 and flannel.ipip have it", "inherit, as tunl0 and flannel.ipip have it"),
    ];

    /// <summary>Where in the settings a tunnel's overrides stand.</summary>
    private sealed record Slot(
        string Name, Func<EmulationSettings, TunnelOverrides> Get,
        Func<EmulationSettings, TunnelOverrides, EmulationSettings> Set)
    {
        public Func<EmulationSettings, T, EmulationSettings> With<T>(Func<TunnelOverrides, T, TunnelOverrides> set) =>
            (settings, value) => Set(settings, set(Get(settings), value));
    }

    private static IEnumerable<SettingDefinition> Udp(
        Slot slot, string protocol, string vni, string port, string checksum, string sourcePorts) =>
    [
        Define($"{slot.Name}.vni", "0 to 16777215", vni, $"{protocol} network identifier",
            Number(0, 0xFFFFFF), slot.With<int>((tunnel, value) => tunnel with { Vni = (uint)value })),
        Define($"{slot.Name}.port", "1 to 65535", port, "outer UDP destination port",
            Number(1, 65535), slot.With<int>((tunnel, value) => tunnel with { Port = (ushort)value })),
        .. Header(slot, "64, the route's default", "unset (openshift-sdn, ovn-kubernetes: set)"),
        Define($"{slot.Name}.udpcsum", OnOff, checksum, "outer UDP checksum over IPv4",
            Switch, slot.With<bool>((tunnel, on) => tunnel with { UdpChecksum = on })),
        Define<PortRange>($"{slot.Name}.srcport",
            "MIN-MAX or one port, 1 to 65535, both inclusive (ip link's MAX is exclusive: its 49152 49153 is "
            + "49152-49152)",
            sourcePorts, "outer UDP source ports", TryPorts,
            slot.With<PortRange>((tunnel, ports) => tunnel with { SourcePorts = ports })),
    ];

    private static IEnumerable<SettingDefinition> Header(Slot slot, string ttl, string df) =>
    [
        Define($"{slot.Name}.ttl", "1 to 255, 0 or auto (the route's default, 64) or inherit (copies the inner TTL)",
            ttl, "outer TTL",
            Either(OneOf(("0", 64), ("auto", 64), ("inherit", 0)), Number(1, 255)),
            slot.With<int>((tunnel, value) => tunnel with { Ttl = (byte)value })),
        Define<int>($"{slot.Name}.tos",
            "0 to 255, 0x00 to 0xff (ip link reads bare digits as hexadecimal, here they are decimal) or inherit",
            "0 of itself",
            "outer DS field; ECN comes from the inner packet; 1 is inherit, as in the kernel",
            Either(OneOf(("inherit", 1)), TryDsField),
            slot.With<int>((tunnel, tos) =>
                tunnel with { Tos = tos == 1 ? (byte)0 : (byte)tos, TosInherit = tos == 1 })),
        Define($"{slot.Name}.df", "unset, set or inherit", df, "outer DF bit",
            OneOf(("unset", TunnelDf.Unset), ("set", TunnelDf.Set), ("inherit", TunnelDf.Inherit)),
            slot.With<TunnelDf>((tunnel, value) => tunnel with { Df = value })),
    ];
}
