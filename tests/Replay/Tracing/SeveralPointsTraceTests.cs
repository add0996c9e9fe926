using Dataplane.Cluster.Manifests;
using Dataplane.Replay;
using Dataplane.Replay.Tracing;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Scenarios;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Replay.Tracing;

/// <summary>
/// A packet of a capture is traced as a replay would take it: at one of the points that show it, and once.
/// </summary>
public sealed class SeveralPointsTraceTests
{
    private static readonly string Story = Path.Combine(Golden.GoldenFolder.RepositoryRoot, "pcaps/story");

    private static readonly byte[] Sent = From(Client)
        .Ipv4(Client, Remote, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x");
    private static readonly byte[] Delivered = To(Remote, BridgeB)
        .Ipv4(Client, Remote, ttl: 62, id: 77).Tcp(4000, 80, sequence: 1000).Payload("x");
    private static readonly byte[] Other = From(Client)
        .Ipv4(Client, Remote, id: 78).Tcp(4000, 80, sequence: 1000).Payload("x");

    [Fact]
    public void A_packet_that_an_earlier_point_has_shown_says_which_one_it_is()
    {
        using TemporaryFile capture = Points((0, Other), (0, Sent), (1, Delivered));

        TraceReport first = Trace(capture, packet: 2);
        TraceReport again = Trace(capture, packet: 3);

        Assert.Equal(("forwarded", null), (first.Verdict, first.Shows));
        Assert.Equal(("ignored", "seen-again", 2), (again.Verdict, again.Reason, again.Shows));
        Assert.Equal(
            $"A packet from {Client} to {Remote} is one that the capture shows at several points: "
            + "it has entered as packet 2 (--packet 2 tells its way).",
            again.Sentence);
    }

    [Fact]
    public void Of_several_that_are_alike_none_is_named()
    {
        using TemporaryFile capture = Points((0, Sent), (0, Sent), (1, Delivered));

        TraceReport again = Trace(capture, packet: 3);

        Assert.Equal(("seen-again", null), (again.Reason, again.Shows));
        Assert.EndsWith("it has entered as an earlier one of several packets that are alike.",
            again.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_captures_are_merged_and_counted_as_a_replay_does_it()
    {
        const int Packets = 24;
        var options = new ReplayOptions
        {
            Manifests = [Traced.ManifestPath],
            Captures = [.. new[] { "loadgen-1.pcap", "node-1.eth0.pcap", "node-2.eth0.pcap" }.Select(name =>
                Path.Combine(Story, name))],
            Count = Packets,
        };
        VerdictCounts replayed = ReplayRunner.Run(options, new Unwatched(), CancellationToken.None).Verdicts;

        string[] traced = [.. Enumerable.Range(1, Packets).Select(packet =>
            TraceRunner.Run(new TraceOptions { Replay = options, Packet = packet }, CancellationToken.None).Verdict)];

        Assert.Equal(
            (replayed.Forwarded, replayed.Answered, replayed.Dropped, replayed.Ignored),
            (Count("forwarded"), Count("answered"), Count("dropped"), Count("ignored")));
        Assert.True(replayed.Ignored > 0);

        long Count(string verdict) => traced.Count(one => one == verdict);
    }

    private static TraceReport Trace(TemporaryFile capture, long packet) => TraceRunner.Run(
        ManifestReader.ReadText(Yaml, "shop.yaml"),
        new TraceOptions { Replay = new ReplayOptions { Captures = [capture.Path], Proxy = "ebpf" }, Packet = packet },
        CancellationToken.None);

    /// <summary>A pcapng of two interfaces, a microsecond between its frames.</summary>
    private static TemporaryFile Points(params (int Interface, byte[] Frame)[] frames)
    {
        CaptureBytes bytes = new CaptureBytes().Section().Interface().Interface();
        for (int index = 0; index < frames.Length; index++)
            bytes.EnhancedPacket((uint)frames[index].Interface, (ulong)(1_000_000 + index), frames[index].Frame);

        var file = new TemporaryFile(".pcapng");
        File.WriteAllBytes(file.Path, bytes.ToArray());
        return file;
    }
}
