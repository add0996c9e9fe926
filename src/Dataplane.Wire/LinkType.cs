namespace Dataplane.Wire;

/// <summary>Link types of the pcap and pcapng registries that the project reads. Values are the registry's.</summary>
public enum LinkType : ushort
{
    Null = 0,
    Ethernet = 1,
    Raw = 101,
    Loop = 108,
    LinuxSll = 113,
    Ipv4 = 228,
    Ipv6 = 229,
    LinuxSll2 = 276,
}
