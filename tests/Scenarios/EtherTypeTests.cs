using Dataplane.Core;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The EtherType chooses the receiver, and each refuses the other's packets
/// (net/ipv4/ip_input.c, net/ipv6/ip6_input.c).
/// </summary>
public sealed class EtherTypeTests
{
    [Theory]
    [InlineData(EtherType.Ipv4, 4, true)]
    [InlineData(EtherType.Ipv6, 4, false)]
    [InlineData(EtherType.Ipv6, 6, true)]
    [InlineData(EtherType.Ipv4, 6, false)]
    public void A_packet_of_the_other_version_has_a_bad_header(ushort type, int version, bool isTaken)
    {
        byte[] frame = version == 4
            ? From(Client).Ipv4(Client, Remote).Udp(1, 2).Build()
            : From(Client).Ipv6("fd00::1", "fd00::2").Udp(1, 2).Build();
        frame[12] = (byte)(type >> 8);
        frame[13] = (byte)type;

        using Scenario scenario = Given(Yaml).Send(frame);

        Assert.Equal(isTaken ? DropReason.None : DropReason.BadHeader, scenario.Last.Drop);
        if (!isTaken) scenario.ExpectNothing(DropReason.BadHeader, Stage.Parse);
        else if (version == 4) scenario.ExpectForwarded();
        else scenario.ExpectIgnored(IgnoreReason.UnknownAddresses);
    }
}
