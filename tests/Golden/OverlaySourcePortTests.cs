using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The kernel hashes flows to tunnel source ports with a key that each boot draws anew, so ports are compared as a
/// function: what the kernel's depend on, ours depend on, and on nothing else.
/// </summary>
public class OverlaySourcePortTests
{
    [Theory]
    [InlineData("vxlan-flannel", 32768, 60998)]
    [InlineData("vxlan-calico", 32768, 60998)]
    [InlineData("vxlan-tos-inherit", 32768, 60998)]
    [InlineData("vxlan-ttl-inherit", 32768, 60998)]
    [InlineData("vxlan-podmtu1500", 32768, 60998)]
    [InlineData("vxlan-misconf-frag", 32768, 60998)]
    [InlineData("vxlan-srcport-const", 49152, 49152)]
    [InlineData("geneve-kernel", 1, 65534)]
    [InlineData("geneve-kernel-ttl-tos", 1, 65534)]
    public void A_flow_has_one_source_port_both_ways_whatever_its_tos_ttl_and_length(string variant, int min, int max)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        byte[][] inputs = [.. lab.Encap.SelectMany(given => OverlayGoldenTests.InputsOf(given, lab.Setup))];
        using OverlayReplay replay = new(lab.Setup);
        byte[][] ours = [.. replay.Run(inputs).Where(seen => seen.Point == "n1-eth0").Select(seen => seen.Bytes)];
        byte[][] kernels = [.. lab.Encap.SelectMany(given => given.N1Eth0).Where(frame => !IsFromSocket(frame))];

        Dictionary<string, ushort> ourPorts = PortsOf(ours, min, max);
        Dictionary<string, ushort> kernelPorts = PortsOf(kernels, min, max);
        Assert.Equal(kernelPorts.Keys.Order(StringComparer.Ordinal), ourPorts.Keys.Order(StringComparer.Ordinal));
        Assert.True(ourPorts.Count > 60, $"only {ourPorts.Count} flows");
        if (min < max)
        {
            int different = ourPorts.Values.Distinct().Count();
            Assert.True(different > ourPorts.Count * 9 / 10, $"{ourPorts.Count} flows share {different} ports");
        }
    }

    [Fact]
    public void Another_seed_gives_other_ports()
    {
        OverlayVariant lab = OverlayVariant.Load("vxlan-flannel");
        using OverlayReplay one = new(lab.Setup);
        using OverlayReplay other = new(lab.Setup, settings: "seed=2");

        ushort?[] PortsIn(OverlayReplay replay) =>
            [.. replay.Run([.. lab.Encap.Select(given => given.In)])
                .Where(seen => seen.Point == "n1-eth0").Select(seen => FairFrame.TunnelSourcePort(seen.Bytes))];

        ushort?[] first = PortsIn(one);
        ushort?[] second = PortsIn(other);
        Assert.Equal(first.Length, second.Length);
        int same = first.Zip(second).Count(pair => pair.First is not null && pair.First == pair.Second);
        Assert.InRange(same, 0, 3);
    }

    /// <summary>Fails where a flow has two ports, or one that is out of range.</summary>
    private static Dictionary<string, ushort> PortsOf(IEnumerable<byte[]> frames, int first, int last)
    {
        Dictionary<string, ushort> ports = [];
        foreach (byte[] frame in frames)
        {
            if (TunnelFlow.Of(frame) is not { } flow) continue;

            ushort port = FairFrame.TunnelSourcePort(frame)!.Value;
            Assert.InRange(port, first, last);
            bool isOne = ports.TryAdd(flow, port) || ports[flow] == port;
            Assert.True(isOne, $"flow {flow} has the ports {ports[flow]} and {port}");
        }

        return ports;
    }

    /// <summary>A SYN-ACK is its listening socket's, whose random number serves for the hash.</summary>
    private static bool IsFromSocket(byte[] frame)
    {
        ReadOnlySpan<byte> inner = TunnelFlow.InnerOf(frame);
        bool isTunnelled = FairFrame.TunnelSourcePort(frame) is not null;
        return isTunnelled && inner[23] == 6 && (inner[47] & 0x12) == 0x12 && inner[29] == 20;
    }
}
