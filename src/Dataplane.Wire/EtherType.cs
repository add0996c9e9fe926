namespace Dataplane.Wire;

/// <summary>IEEE 802 numbers of what the project looks into.</summary>
public static class EtherType
{
    public const ushort Ipv4 = 0x0800;
    public const ushort Arp = 0x0806;
    public const ushort TransparentEthernetBridging = 0x6558;
    public const ushort Vlan = 0x8100;
    public const ushort Ipv6 = 0x86DD;
    public const ushort ServiceVlan = 0x88A8;
    public const ushort StackedVlan = 0x9100;

    /// <summary>Smaller values are an IEEE 802.3 length, not a type.</summary>
    public const ushort FirstType = 0x0600;

    /// <summary>802.1Q, 802.1ad and the older QinQ number.</summary>
    public static bool IsTag(ushort type) => type is Vlan or ServiceVlan or StackedVlan;
}
