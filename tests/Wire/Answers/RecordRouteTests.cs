using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Dataplane.Wire.Answers;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Wire.Answers;

public class RecordRouteTests
{
    [Fact]
    public void Two_routers_write_their_addresses_as_linux_did()
    {
        GoldenCase golden = GoldenOverlay.Case("vxlan-flannel", "ip option record-route (3 slots)");
        byte[] packet = golden.In[EthernetHeader.Size..];

        packet[Ipv4Header.TtlOffset]--;
        Assert.True(RecordRoute.Apply(packet, V4("10.244.1.0")));
        Assert.Equal(golden.Seen["n1-vtep"][0][EthernetHeader.Size..], packet);

        packet[Ipv4Header.TtlOffset]--;
        Assert.True(RecordRoute.Apply(packet, V4("10.244.2.1")));
        Assert.Equal(golden.Seen["p2a"][0][EthernetHeader.Size..], packet);
    }

    [Fact]
    public void A_full_option_and_a_packet_without_one_stay_as_they_are()
    {
        byte[] full = new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", options: [7, 7, 8, 1, 2, 3, 4]).Payload(4);
        byte[] none = Ipv4("10.0.0.1", "10.0.0.2").Payload(4);
        byte[] before = [.. full];

        Assert.False(RecordRoute.Apply(full, 1));
        Assert.False(RecordRoute.Apply(none, 1));
        Assert.Equal(before, full);
    }

    [Fact]
    public void Any_bytes_at_all_are_written_or_not_without_an_exception() =>
        Hostile.Mutations(
            new PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", options: [1, 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0]).Payload(4),
            bytes => RecordRoute.Apply(bytes, 1));
}
