using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// Real ping, TCP and UDP traffic, captured at pod p1a in both directions, replayed: the frames between p1a and p2a on
/// the wire and at both pods are those that the kernels made. Replies are put back to p2a and come again.
/// </summary>
public class OverlayLiveTests
{
    private const int SourceV4 = 26;
    private const int SourceV6 = 22;
    private const int FlowLabel = 15;

    [Theory]
    [InlineData("vxlan-flannel", 811, 0)]
    [InlineData("vxlan-v6inner", 141, 88)]
    [InlineData("hostgw", 141, 0)]
    [InlineData("geneve-kernel", 141, 0)]
    [InlineData("ipip-calico", 402, 0)]
    [InlineData("vxlan-v6underlay", 71, 46)]
    public void Live_traffic_of_a_pod_is_on_the_wire_as_the_kernels_put_it_there(string variant, int v4, int v6)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        byte[][] inputs = [.. lab.Capture("live-p1a").Frames.Select(frame => frame.Bytes)];
        using OverlayReplay replay = new(lab.Setup);
        IReadOnlyList<SeenFrame> seen = replay.Run(inputs);

        (int V4, int V6) compared = default;
        foreach (string point in new[] { "n1-eth0", "p1a", "p2a" })
        {
            IEnumerable<byte[]> kernels = lab.Capture($"live-{point}").Frames.Select(frame => frame.Bytes);
            IEnumerable<byte[]> ours = seen.Where(frame => frame.Point == point).Select(frame => frame.Bytes);
            byte[][] expected = [.. Sorted(kernels, point, lab.Setup)];
            byte[][] got = [.. Sorted(ours, point, lab.Setup)];
            string? difference = FrameDifference.Describe($"{variant}: live traffic at {point}, sorted", expected, got);
            Assert.True(difference is null, difference);
            // of a packet between nodes over IPv6 it is the outer header that counts
            compared.V6 += expected.Count(frame => TunnelFlow.InnerOf(frame)[12] == 0x86);
            compared.V4 += expected.Count(frame => TunnelFlow.InnerOf(frame)[12] == 0x08);
        }

        Assert.Equal((v4, v6), compared);
    }

    [Theory]
    [InlineData("vxlan-flannel", 2, 0)]
    [InlineData("vxlan-v6inner", 2, 2)]
    [InlineData("hostgw", 2, 0)]
    public void A_node_s_answer_that_the_capture_holds_beside_its_cause_reaches_the_pod_once(
        string variant, int v4, int v6)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        byte[][] inputs = [.. lab.Capture("live-p1a").Frames.Select(frame => frame.Bytes)];
        using OverlayReplay replay = new(lab.Setup);
        IEnumerable<byte[]> ours = replay.Run(inputs).Where(seen => seen.Point == "p1a").Select(seen => seen.Bytes);

        byte[][] expected = [.. FromNodes(inputs, lab.Setup)];
        string? difference = FrameDifference.Describe(
            $"{variant}: nodes' answers at p1a", expected, [.. FromNodes(ours, lab.Setup)]);
        Assert.True(difference is null, difference);
        Assert.Equal(
            (v4, v6), (expected.Count(frame => frame[12] == 0x08), expected.Count(frame => frame[12] == 0x86)));
        Assert.Equal(v4 + v6, replay.Counters[IgnoreReason.OwnAnswer]);
    }

    /// <summary>What a node sent to p1a itself, in the order of the capture.</summary>
    private static IEnumerable<byte[]> FromNodes(IEnumerable<byte[]> frames, OverlaySetup setup)
    {
        string[] six = [.. new[] { "n1", "n2" }
            .SelectMany(node => setup.AddressesOf(node, "cni0").Concat(setup.AddressesOf(node, setup.TunnelDevice)))
            .Select(address => Hex(address.GetAddressBytes()))];
        return frames.Where(frame => (frame[12] << 8 | frame[13]) switch
        {
            0x0800 => FairFrame.IsNodeAddress(frame.AsSpan(SourceV4, 4)),
            0x86dd => six.Contains(Hex(frame.AsSpan(SourceV6, 16))) && IsBetweenHosts(frame),
            _ => false,
        }).Select(WithoutFlowLabel).Select(FairFrame.Normalize);
    }

    /// <summary>A node's kernel labels its own IPv6 packets by a hash with its boot's key.</summary>
    private static byte[] WithoutFlowLabel(byte[] frame)
    {
        if (frame[12] != 0x86) return frame;

        byte[] bare = [.. frame];
        bare[FlowLabel] &= 0xf0;
        bare.AsSpan(FlowLabel + 1, 2).Clear();
        return bare;
    }

    private static bool IsBetweenHosts(byte[] frame) => frame[SourceV6 + 16] != 0xff;

    /// <summary>Packets between p1a and p2a, compared fairly; at a pod only what it received.</summary>
    private static IEnumerable<byte[]> Sorted(IEnumerable<byte[]> frames, string point, OverlaySetup setup)
    {
        string[] pods = ["p1a", "p2a"];
        string own = pods.Contains(point) ? setup.MacOf(point, "eth0").Replace(":", "", StringComparison.Ordinal) : "";
        byte[][] addresses =
            [.. pods.SelectMany(pod => setup.AddressesOf(pod, "eth0")).Select(address => address.GetAddressBytes())];
        return frames
            .Where(frame => Hex(frame.AsSpan(6, 6)) != own)
            .Where(frame => IsBetween(TunnelFlow.InnerOf(frame), addresses))
            .Select(FairFrame.Normalize)
            .OrderBy(Hex, StringComparer.Ordinal);
    }

    private static bool IsBetween(ReadOnlySpan<byte> frame, byte[][] addresses)
    {
        (int at, int size) = (frame[12] << 8 | frame[13]) switch
        {
            0x0800 => (SourceV4, 4),
            0x86dd => (SourceV6, 16),
            _ => (0, 0),
        };
        if (size == 0) return false;

        string source = Hex(frame.Slice(at, size));
        string destination = Hex(frame.Slice(at + size, size));
        string[] known = [.. addresses.Select(Hex)];
        return known.Contains(source) && known.Contains(destination);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
