using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

/// <summary>udp_flow_src_port (include/net/udp.h), with values worked out from its text.</summary>
public sealed class FlowPortTests
{
    private static readonly TunnelParameters Kernel = new() { SourcePortMin = 32768, SourcePortCount = 60999 - 32768 };

    [Theory]
    [InlineData(0x1u, 32768)]
    [InlineData(0x12345678u, 40299)]
    [InlineData(0xdeadbeefu, 43383)]
    [InlineData(0xffffffffu, 32768)]
    [InlineData(0x80000000u, 46883)]
    public void The_hash_is_scaled_into_the_kernel_s_range(uint hash, int port) =>
        Assert.Equal(port, FlowPort.Scale(hash, in Kernel));

    [Theory]
    [InlineData(0x1u, 1)]
    [InlineData(0x12345678u, 17484)]
    [InlineData(0xdeadbeefu, 24642)]
    [InlineData(0x80000000u, 32768)]
    public void The_whole_range_is_Geneve_s(uint hash, int port)
    {
        var geneve = new TunnelParameters { SourcePortMin = 1, SourcePortCount = 65535 - 1 };

        Assert.Equal(port, FlowPort.Scale(hash, in geneve));
    }

    [Fact]
    public void Both_directions_of_a_flow_have_one_port_and_flows_have_many()
    {
        HashSet<ushort> ports = [];
        for (int flow = 0; flow < 1000; flow++)
        {
            Lane there = LaneOf(flow);
            Lane back = there;
            back.Key = there.Key.Reversed();

            ushort port = FlowPort.Of(in there, in Kernel, seed: 1);
            Assert.Equal(port, FlowPort.Of(in back, in Kernel, seed: 1));
            Assert.InRange(port, 32768, 60998);
            ports.Add(port);
        }

        Assert.InRange(ports.Count, 900, 1000);
    }

    [Fact]
    public void A_fragment_s_port_does_not_depend_on_ports_which_only_the_first_one_has()
    {
        Lane first = LaneOf(7);
        first.Shape = Shape.Fragment;
        Lane later = first;
        later.Shape = Shape.Fragment | Shape.LaterFragment;
        later.Key.SourcePort = later.Key.DestinationPort = 0;

        Assert.Equal(FlowPort.Of(in first, in Kernel, seed: 1), FlowPort.Of(in later, in Kernel, seed: 1));
    }

    [Fact]
    public void Another_seed_gives_other_ports() => Assert.NotEqual(
        Enumerable.Range(0, 10).Select(flow => FlowPort.Of(LaneOf(flow), in Kernel, seed: 1)),
        Enumerable.Range(0, 10).Select(flow => FlowPort.Of(LaneOf(flow), in Kernel, seed: 2)));

    private static Lane LaneOf(int flow) => new()
    {
        Key = new FlowKey
        {
            Source = 0x0AF4_010A,
            Destination = 0x0AF4_0214,
            SourcePort = (ushort)(30_000 + flow),
            DestinationPort = 80,
            Protocol = IpProtocol.Udp,
            Family = 4,
        },
    };
}
