using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>Ethernet headers in front of IP packets. MACs are six bytes as they lie in memory.</summary>
public static unsafe class Link
{
    private const ulong MacMask = 0xFFFF_FFFF_FFFF;
    private const ulong Ipv4InMemory = 0x0008ul << 48;
    private const ulong Ipv6InMemory = 0xDD86ul << 48;

    /// <summary>The MAC that stands here; two bytes behind it are read, too, and left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReadMac(byte* at) => Unsafe.ReadUnaligned<ulong>(at) & MacMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteMac(byte* at, ulong mac)
    {
        Unsafe.WriteUnaligned(at, (uint)mac);
        Unsafe.WriteUnaligned(at + sizeof(uint), (ushort)(mac >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteEthernet(byte* at, ulong destination, ulong source, bool v6)
    {
        Unsafe.WriteUnaligned(at, destination | source << 48);
        Unsafe.WriteUnaligned(at + MacAddress.Size, source | (v6 ? Ipv6InMemory : Ipv4InMemory));
    }

    /// <summary>
    /// Replaces whatever is in front of the IP packet by an Ethernet header, and cuts off what is behind it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Frame(ref Lane lane, ulong destination, ulong source)
    {
        int present = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        lane.Frame = lane.Network - EthernetHeader.Size;
        lane.Length = present + EthernetHeader.Size;
        lane.Missing = lane.NetworkLength - present;
        lane.LinkSize = EthernetHeader.Size;
        WriteEthernet(lane.Frame, destination, source, lane.Is(Shape.V6));
    }

    /// <summary>
    /// Gives a packet that has no link header an Ethernet one without addresses, so that it can be shown beside others.
    /// </summary>
    public static void EnsureEthernet(ref Lane lane)
    {
        if (lane.LinkSize == 0 && lane.Frame == lane.Network) Frame(ref lane, 0, 0);
    }

    /// <summary>
    /// The MAC that is made up for an address without a pod: 0a:58 and the IPv4 address, as the bridge plugin did.
    /// </summary>
    public static ulong MadeUpMac(uint name)
    {
        ulong mac = 0x0A58ul << 32 | name;
        ulong memory = 0;
        for (int octet = 0; octet < MacAddress.Size; octet++) memory |= (mac >> (40 - 8 * octet) & 0xFF) << 8 * octet;
        return memory;
    }
}
