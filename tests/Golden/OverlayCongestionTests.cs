using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>vxlan-outer-ce</c> and <c>ipip-outer-ce</c>: a rule in the nodes' mangle table marks every outer packet
/// "congestion experienced" when it leaves. The emulation has no such rule; so each half is fed and judged by itself,
/// and the tests mark what it sends.
/// </summary>
public class OverlayCongestionTests
{
    private const int OuterTos = 15;
    private const int Congested = 3;
    private const int IpInIp = 4;

    private const int Ethernet = 14;

    [Theory]
    [InlineData("vxlan-outer-ce", 82, 81)]
    [InlineData("ipip-outer-ce", 86, 85)]
    public void What_node_1_sends_is_the_kernel_s_once_it_is_marked(string variant, int onWire, int onTunnel)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        using OverlayReplay replay = new(lab.Setup, node: "node-1");
        ILookup<(int, string), byte[]> got = replay.Run([.. lab.Encap.Select(given => given.In)])
            .ToLookup(seen => (seen.Input, seen.Point), seen => Fair(Marked(seen.Bytes)));

        (int Wire, int Tunnel) compared = default;
        for (int number = 0; number < lab.Encap.Count; number++)
        {
            OverlayCase given = lab.Encap[number];
            IEnumerable<byte[]> wire = given.N1Eth0.Where(frame => IsFrom(frame, lab.Setup.NodeMacs[0]));
            IEnumerable<byte[]> tunnel = given.N1Vtep.Where(frame => IsFromNode1(frame, lab.Setup));
            compared.Wire += AssertSame(variant, given, "n1-eth0", wire, got[(number, "n1-eth0")]);
            compared.Tunnel += AssertSame(variant, given, "n1-vtep", tunnel, got[(number, "n1-vtep")]);
        }

        Assert.Equal((onWire, onTunnel), compared);
    }

    [Theory]
    [InlineData("vxlan-outer-ce", 82, 7, 7)]
    [InlineData("ipip-outer-ce", 86, 7, 7)]
    public void Of_marked_packets_node_2_takes_those_whose_inside_can_carry_the_mark(
        string variant, int marked, int onTunnel, int atPod)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        (OverlayCase Case, byte[] Frame)[] inputs =
        [
            .. lab.Encap.SelectMany(given => given.N1Eth0.Select(frame => (given, frame)))
                .Where(input => IsTunnel(input.frame)),
        ];
        using OverlayReplay replay = new(lab.Setup);
        ILookup<(int, string), byte[]> got = replay.Run([.. inputs.Select(input => input.Frame)])
            .ToLookup(seen => (seen.Input, seen.Point), seen => Fair(seen.Bytes));

        (int Tunnel, int Pod) compared = default;
        for (int number = 0; number < inputs.Length; number++)
        {
            (OverlayCase given, byte[] frame) = inputs[number];
            bool toNode2 = IsFrom(frame, lab.Setup.NodeMacs[0]);
            IEnumerable<byte[]> opened = given.N2Vtep.Where(seen => IsFromNode1(seen, lab.Setup));
            compared.Tunnel += AssertSame(variant, given, "n2-vtep", toNode2 ? opened : [], got[(number, "n2-vtep")]);
            compared.Pod += AssertSame(variant, given, "p2a", toNode2 ? given.P2a : [], got[(number, "p2a")]);
            AssertSame(variant, given, "n1-vtep", toNode2 ? [] : given.N1Vtep, got[(number, "n1-vtep")]);
            AssertSame(variant, given, "p1a", toNode2 ? [] : given.P1a, got[(number, "p1a")]);
        }

        Assert.Equal((marked, onTunnel, atPod), (inputs.Length, compared.Tunnel, compared.Pod));
    }

    private static int AssertSame(
        string variant, OverlayCase given, string point, IEnumerable<byte[]> golden, IEnumerable<byte[]> got)
    {
        byte[][] expected = [.. golden.Select(Fair)];
        string? difference = FrameDifference.Describe($"{variant}: {given.Name} at {point}", expected, [.. got]);
        Assert.True(difference is null, difference);
        return expected.Length;
    }

    /// <summary>-j TOS --set-tos 0x03/0x03 on packets to the tunnel's port.</summary>
    private static byte[] Marked(byte[] frame)
    {
        if (!IsTunnel(frame)) return frame;

        byte[] marked = [.. frame];
        marked[OuterTos] |= Congested;
        ushort sum = Ipv4Sum(marked.AsSpan(14, 20));
        marked[24] = (byte)(sum >> 8);
        marked[25] = (byte)sum;
        return marked;
    }

    private static ushort Ipv4Sum(Span<byte> header)
    {
        header.Slice(10, 2).Clear();
        int sum = 0;
        for (int at = 0; at < header.Length; at += 2) sum += header[at] << 8 | header[at + 1];
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }

    private static byte[] Fair(byte[] frame) => FairFrame.Normalize(frame);

    private static bool IsFrom(byte[] frame, string mac) =>
        frame.AsSpan(6, 6).SequenceEqual(Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal)));

    private static bool IsTunnel(byte[] frame) =>
        FairFrame.TunnelSourcePort(frame) is not null || (frame[12] == 8 && frame[Ethernet + 9] == IpInIp);

    /// <summary>On the tunnel's device, which for IPIP has bare IP: from pod p1a's subnet.</summary>
    private static bool IsFromNode1(byte[] frame, OverlaySetup setup) =>
        frame[0] >> 4 == 4 && frame[12] == 10 ? frame[14] == 1 : IsFrom(frame, setup.TunnelMacs[0]);
}
