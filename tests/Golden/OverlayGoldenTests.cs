using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The kernel's own answers: what two real nodes put on the wire, on their tunnel devices and before their pods because
/// of each frame of <c>10-overlay</c>, byte for byte once compared fairly (<see cref="FairFrame"/>).
/// </summary>
public class OverlayGoldenTests
{
    private static readonly string[] EncapPoints = ["p1a", "n1-vtep", "n1-eth0", "n2-vtep", "p2a"];

    /// <summary>decap.json has no list for node 1's tunnel device.</summary>
    private static readonly string[] DecapPoints = ["p1a", "n1-eth0", "n2-vtep", "p2a"];

    [Theory]
    [InlineData("vxlan-flannel", 91, 416)]
    [InlineData("vxlan-flannel-linux6.1", 91, 416)]
    [InlineData("vxlan-calico", 91, 416)]
    [InlineData("vxlan-df-set", 91, 416)]
    [InlineData("vxlan-misconf-frag", 99, 458)]
    [InlineData("vxlan-noudpcsum", 91, 416)]
    [InlineData("vxlan-podmtu1500", 103, 470)]
    [InlineData("vxlan-srcport-const", 91, 416)]
    [InlineData("vxlan-tos-inherit", 91, 416)]
    [InlineData("vxlan-ttl-inherit", 91, 416)]
    [InlineData("vxlan-ttl17-tos48", 91, 416)]
    [InlineData("vxlan-v6inner", 91, 416)]
    [InlineData("hostgw", 99, 226)]
    [InlineData("vxlan-v6underlay", 91, 416)]
    [InlineData("geneve-kernel", 91, 416)]
    [InlineData("geneve-kernel-ttl-tos", 91, 416)]
    [InlineData("geneve-kernel-udpcsum", 91, 416)]
    [InlineData("ipip-calico", 95, 432)]
    [InlineData("ipip-mtu1500", 103, 468)]
    [InlineData("ipip-nopmtudisc", 103, 468)]
    [InlineData("ipip-tos-inherit", 95, 432)]
    public void What_pod_p1a_sends_is_seen_as_in_the_kernel_s_lab(string variant, int cases, int frames)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        Assert.Equal(cases, lab.Encap.Count);
        using OverlayReplay replay = new(lab.Setup);
        AssertSame(frames, Compare(replay, lab.Setup, LateAnswers.PutBack(lab.Encap), EncapPoints));
    }

    [Theory]
    [InlineData("vxlan-flannel", 56, 73)]
    [InlineData("vxlan-flannel-linux6.1", 56, 73)]
    [InlineData("vxlan-calico", 56, 73)]
    [InlineData("vxlan-noudpcsum", 56, 73)]
    [InlineData("geneve-kernel", 60, 81)]
    [InlineData("ipip-calico", 38, 67)]
    public void What_comes_in_from_the_wire_is_seen_as_in_the_kernel_s_lab(string variant, int cases, int frames)
    {
        OverlayVariant lab = OverlayVariant.Load(variant);
        Assert.Equal(cases, lab.Decap.Count);
        using OverlayReplay replay = new(lab.Setup);
        AssertSame(frames, Compare(replay, lab.Setup, lab.Decap, DecapPoints));
    }

    [Theory]
    [InlineData("vxlan.ttl=63", 82)]
    [InlineData("vxlan.udpcsum=off", 82)]
    [InlineData("vxlan.df=set", 82)]
    [InlineData("vxlan.vni=2", 82)]
    [InlineData("mtu.tunnel=1449", 2)]
    [InlineData("node.node-2.mac=02:00:c0:a8:38:0d", 82)]
    public void One_wrong_setting_is_noticed_in_every_frame_that_it_changes(string setting, int atLeast)
    {
        OverlayVariant lab = OverlayVariant.Load("vxlan-flannel");
        using OverlayReplay replay = new(lab.Setup, settings: setting);
        int differences = Compare(replay, lab.Setup, lab.Encap, EncapPoints).Differences.Count;
        Assert.True(differences >= atLeast, $"{setting}: only {differences} differences");
    }

    [Theory]
    [InlineData("closed", 1)]
    [InlineData("open", 0)]
    public void A_node_refuses_udp_only_where_the_user_says_that_nothing_listens(string ports, int refusals)
    {
        OverlayVariant lab = OverlayVariant.Load("vxlan-flannel");
        OverlayCase closed = lab.Decap.Single(given => given.Name == "wrong udp port");
        using OverlayReplay replay = new(lab.Setup, settings: $"node.udp={ports}");

        Assert.Equal(1 + refusals, replay.Run([closed.In]).Count);
        Assert.Equal((refusals, 1 - refusals), (replay.Counters[Verdict.Dropped], replay.Counters[Verdict.Forwarded]));
    }

    private static void AssertSame(int frames, (int Frames, List<string> Differences) compared)
    {
        string texts = string.Join('\n', compared.Differences);
        Assert.True(compared.Differences.Count == 0, $"{compared.Differences.Count} differences\n{texts}");
        Assert.Equal(frames, compared.Frames);
    }

    /// <summary>The number of frames that were compared, and a text for every case and point that differs.</summary>
    private static (int Frames, List<string> Differences) Compare(
        OverlayReplay replay, OverlaySetup setup, IReadOnlyList<OverlayCase> cases, string[] points)
    {
        (int Case, byte[] Frame)[] inputs =
            [.. cases.SelectMany((given, number) => InputsOf(given, setup).Select(frame => (number, frame)))];
        ILookup<(int, string), byte[]> got = replay.Run([.. inputs.Select(input => input.Frame)])
            .Where(seen => !IsInput(seen, inputs[seen.Input].Frame))
            .ToLookup(seen => (inputs[seen.Input].Case, seen.Point), seen => FairFrame.Normalize(seen.Bytes));

        int compared = 0;
        List<string> differences = [];
        for (int number = 0; number < cases.Count; number++)
        {
            foreach (string point in points)
            {
                byte[][] expected = [.. Expected(cases[number], point, setup).Select(FairFrame.Normalize)];
                string where = $"{setup.Variant}: {cases[number].Name} at {point}";
                string? difference = FrameDifference.Describe(where, expected, [.. got[(number, point)]]);
                if (difference is not null) differences.Add(difference);
                compared += expected.Length;
            }
        }

        return (compared, differences);
    }

    /// <summary>
    /// What node 1 itself sends leaves by its eth0, where the lab injected it: the goldens leave it out.
    /// </summary>
    private static bool IsInput(SeenFrame seen, byte[] input) =>
        seen.Point == "n1-eth0" && seen.Bytes.AsSpan().SequenceEqual(input);

    /// <summary>The injected frame, and what the pods' own kernels sent because of it.</summary>
    internal static IEnumerable<byte[]> InputsOf(OverlayCase given, OverlaySetup setup)
    {
        string[] onNode1 = [setup.MacOf("p1a", "eth0"), setup.MacOf("p1b", "eth0")];
        return
        [
            given.In,
            .. given.P2a.Where(frame => IsFrom(frame, setup.MacOf("p2a", "eth0"))),
            .. given.P1a.Where(frame => onNode1.Any(mac => IsFrom(frame, mac))),
        ];
    }

    /// <summary>What was seen at the point, but for what the pod there sent itself.</summary>
    private static IEnumerable<byte[]> Expected(OverlayCase given, string point, OverlaySetup setup) =>
        point switch
        {
            "p1a" => given.P1a.Where(frame => !IsFrom(frame, setup.MacOf("p1a", "eth0"))),
            "p2a" => given.P2a.Where(frame => !IsFrom(frame, setup.MacOf("p2a", "eth0"))),
            "n1-vtep" => given.N1Vtep,
            "n2-vtep" => given.N2Vtep,
            _ => given.N1Eth0.Where(frame => !IsNeighbourDiscovery(frame)),
        };

    /// <summary>The nodes look for each other on the underlay; that is their own affair.</summary>
    private static bool IsNeighbourDiscovery(byte[] frame) =>
        frame is [_, _, _, _, _, _, _, _, _, _, _, _, 0x86, 0xdd, ..] && frame[20] == 58 && frame[54] is 135 or 136;

    private static bool IsFrom(byte[] frame, string mac) =>
        frame.AsSpan(6, 6).SequenceEqual(Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal)));
}
