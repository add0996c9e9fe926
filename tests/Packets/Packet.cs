using Dataplane.Wire;

namespace Dataplane.Tests.Packets;

/// <summary>Where a packet starts: <c>using static</c> this, then <c>Eth().Ipv4(…).Tcp(…).Build()</c>.</summary>
public static class Packet
{
    public const string DefaultSource = "02:00:00:00:00:01";
    public const string DefaultDestination = "02:00:00:00:00:02";

    /// <summary>An Ethernet II frame. As everywhere here the source comes first, though not on the wire.</summary>
    public static PacketBuilder Eth(string source = DefaultSource, string destination = DefaultDestination) =>
        new PacketBuilder().Eth(source, destination);

    /// <summary>An 802.3 frame with a length, LLC and SNAP.</summary>
    public static PacketBuilder Snap(string source = DefaultSource, string destination = DefaultDestination) =>
        new PacketBuilder().Snap(source, destination);

    /// <summary>A packet without a link layer.</summary>
    public static PacketBuilder Ipv4(string source, string destination, byte ttl = 64, ushort id = 0, byte tos = 0) =>
        new PacketBuilder().Ipv4(source, destination, ttl, id, tos);

    /// <summary>A packet without a link layer.</summary>
    public static PacketBuilder Ipv6(string source, string destination, byte hopLimit = 64, byte trafficClass = 0) =>
        new PacketBuilder().Ipv6(source, destination, hopLimit, trafficClass);

    public static uint V4(string address) => IpAddress.Parse(address).V4;

    public static UInt128 V6(string address) => IpAddress.Parse(address).Value;

    public static MacAddress Mac(string address) => MacAddress.Parse(address);

    public static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
