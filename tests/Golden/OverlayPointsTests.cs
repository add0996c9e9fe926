using System.Net;
using Dataplane.Capture;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Replay;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// Real traffic that the kernels showed at up to eight points (pods, bridges, tunnel devices, wires) at once,
/// by one clock: all points together give the wire between p1a and p2a that the two pods' veths alone give,
/// and every packet counts as often as there. (What other pods sent was not captured at them: it enters at
/// the first node that shows it.)
/// </summary>
public class OverlayPointsTests
{
    private static readonly string[] Points =
        ["p1a", "n1-cni0", "n1-vtep", "n1-eth0", "n2-eth0", "n2-vtep", "n2-cni0", "p2a"];

    /// <summary>Its nodes' fragments count apart where their whole was not captured.</summary>
    private const string Fragmented = "vxlan-misconf-frag";

    public static TheoryData<string> Variants =>
        [.. OverlayVariant.Names.Where(name => Has(name, "p1a") && Has(name, "p2a")
            && !OverlayVariant.Load(name).Setup.MarksOuterCe && name != Fragmented)];

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_packet_of_every_point_counts_once(string variant)
    {
        string[] all = [.. Points.Where(point => Has(variant, point))];
        (ReplayReport report, byte[][] wire) = Replay(variant, all);
        (ReplayReport pods, byte[][] expected) = Replay(variant, ["p1a", "p2a"]);

        string? difference = FrameDifference.Describe($"{variant}: wire of {string.Join(' ', all)}", expected, wire);
        Assert.True(difference is null, difference);
        CapturedFrame[] first = [.. OverlayVariant.Load(variant).Capture("live-n1-eth0").Frames];
        int others = first.Count(frame => Ends(frame.Bytes) is { } ends && !Addresses(variant).Intersect(ends).Any());
        Assert.True(wire.Length > 50 && others is > 20 and < 50, $"{wire.Length} frames, {others} of other pods");
        Assert.Equal(pods.Verdicts with { Forwarded = pods.Verdicts.Forwarded + others, Ignored = 0 },
            report.Verdicts with { Ignored = 0 });
        Assert.Equal(0, report.Reoriginated);
    }

    private static string[] Addresses(string variant)
    {
        OverlaySetup setup = OverlayVariant.Load(variant).Setup;
        return [setup.Pods["p1a"], setup.Pods["p2a"]];
    }

    /// <summary>
    /// Source and destination of the packet, inside of the tunnel where it is in one; null where
    /// it is not IPv4, or of nodes.
    /// </summary>
    private static string[]? Ends(byte[] frame)
    {
        ReadOnlySpan<byte> inner = TunnelFlow.InnerOf(frame);
        const int OverIpv6 = 14 + 40 + 8 + 8;
        if (frame[12] == 0x86 && frame[20] == 17 && frame.Length > OverIpv6 + 34) inner = frame.AsSpan(OverIpv6);
        if (inner[12] != 0x08 || inner[13] != 0) return null;

        int at = inner[23] == 4 ? 46 : 26;
        string[] ends =
            [new IPAddress(inner.Slice(at, 4)).ToString(), new IPAddress(inner.Slice(at + 4, 4)).ToString()];
        return ends.All(end => end.StartsWith("10.244.", StringComparison.Ordinal)) ? ends : null;
    }

    private static bool Has(string variant, string point) =>
        GoldenFolder.Contains($"10-overlay/{variant}/live-{point}.pcap");

    private static (ReplayReport Report, byte[][] Wire) Replay(string variant, string[] points)
    {
        OverlaySetup setup = OverlayVariant.Load(variant).Setup;
        using var output = new TemporaryFile(".pcap");
        var options = new ReplayOptions
        {
            Output = output.Path,
            Cni = "flannel",
            Settings = [.. OverlayManifests.Settings(setup), "node.udp=closed"],
        };
        ClusterSnapshot snapshot = ManifestReader.ReadText(OverlayManifests.Yaml(setup), variant);
        var settings = EmulationSettings.Parse(options.Settings);
        var enforcement = PolicyEnforcement.Of(snapshot, "flannel", settings);
        using var emulation = Emulation.Compile(
            OverlayTunnel.Of(setup, CniProfiles.Compile("flannel", snapshot, settings)), enforcement, options, []);
        using CaptureReader reader = new MergedCaptureReader(
            [.. points.Select(point =>
                CaptureFile.Open(GoldenFolder.PathOf($"10-overlay/{variant}/live-{point}.pcap")))]);
        ReplayReport report = ReplayRunner.Run(emulation, reader, options, new Unwatched(), CancellationToken.None);
        string[] pods = Addresses(variant);
        IEnumerable<byte[]> frames = PcapFile.Parse(File.ReadAllBytes(output.Path)).Frames.Select(frame => frame.Bytes);
        return (report,
            [.. frames.Where(frame => Ends(frame) is { } ends && ends.All(pods.Contains)).Select(FairFrame.Normalize)]);
    }
}
