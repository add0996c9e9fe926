using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Packets;
using Xunit;
using static Dataplane.Tests.Scenarios.Scenario;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Nodes behind slow links. A datagram without payload is 42 bytes at the pod, 92 in VXLAN, 116 with what the wire
/// adds: 928 us at 1 Mbit/s. Frames are sent a microsecond apart.
/// </summary>
public sealed class LinkTests
{
    private const long Microsecond = 1000;

    private static byte[][] Datagrams(int count) =>
        [.. Enumerable.Range(1, count).Select(port => From(Client).Ipv4(Client, Remote).Udp(1, port).Build())];

    [Fact]
    public void Wire_frames_are_stamped_with_their_departure_and_the_pod_sees_them_a_delay_later()
    {
        using Scenario shop = Given(Yaml, "link.rate=1Mbit", "link.delay=50us").Send(Datagrams(3));

        Assert.Equal([928 * Microsecond, 1856 * Microsecond, 2784 * Microsecond], shop.TimesAt("node-a/eth0"));
        Assert.Equal([978 * Microsecond, 1906 * Microsecond, 2834 * Microsecond], shop.TimesAt("default/b2"));
    }

    [Fact]
    public void A_queue_of_two_takes_three_and_the_fourth_is_the_first_dropped()
    {
        using Scenario shop = Given(Yaml, "link.rate=1Mbit", "link.queue=2").Send(Datagrams(5));

        shop.ExpectNothing(DropReason.Congestion, Stage.Transmit);
        Assert.Equal((3, 2), (shop.Counters[Verdict.Forwarded], shop.Counters[Verdict.Dropped]));
        Assert.Equal(3, shop.At("default/b2").Count());
        Assert.Equal(3, shop.At("node-a/eth0").Count());
    }

    [Fact]
    public void What_stays_on_its_node_takes_no_link()
    {
        using Scenario shop = Given(Yaml, "link.rate=1kbit", "link.delay=1s")
            .Send(From(Client).Ipv4(Client, Local).Udp(1, 2));

        Assert.Equal([0], shop.TimesAt("default/b1"));
        Assert.Empty(shop.Link.Nodes);
    }

    [Fact]
    public void A_delay_alone_holds_nothing_up()
    {
        using Scenario shop = Given(Yaml, "link.delay=50us").Send(Datagrams(3));

        Assert.Equal([0, 1 * Microsecond, 2 * Microsecond], shop.TimesAt("node-a/eth0"));
        Assert.Equal([50 * Microsecond, 51 * Microsecond, 52 * Microsecond], shop.TimesAt("default/b2"));
    }

    [Fact]
    public void An_answer_s_way_takes_the_other_node_s_link()
    {
        using Scenario shop = Given(Yaml, "link.rate=1Mbit", "link.delay=50us")
            .Send(From(Client).Ipv4(Client, Remote).Udp(1, 2));
        shop.Send(Packet.Eth(MacOf(Remote), BridgeB).Ipv4(Remote, Client).Udp(2, 1));

        Assert.Equal([928 * Microsecond], shop.TimesAt("node-b/eth0"));
        Assert.Equal([978 * Microsecond], shop.TimesAt("default/c1"));
    }

    [Fact]
    public void The_report_has_use_goodput_and_queue_of_each_node_that_sent()
    {
        using Scenario shop = Given(Yaml, "link.rate=1Mbit", "link.queue=2").Send(Datagrams(4));
        shop.ExpectNothing(DropReason.Congestion, Stage.Transmit);

        // Three datagrams of 28 bytes in 2,784 us, in which the link always sends; they found 0, 0, 1 and 2 waiting.
        LinkUse use = Assert.Single(shop.Link.Nodes);
        Assert.Equal(("node-a", 3, 3 * 116, 1), (use.Node, use.Frames, use.WireBytes, use.Dropped));
        Assert.Equal(1, use.Utilisation, 1e-9);
        Assert.Equal(3 * 28 * 8 / 2784e-6, use.GoodputBitsPerSecond, 1e-3);
        Assert.Equal(new QueueDepth(2, 0.75, 2), use.QueueDepth);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.Pcapng)]
    public void Both_formats_hold_the_departures(CaptureFormat format)
    {
        var written = new MemoryStream();
        string[] settings = ["link.rate=1Mbit"];
        Dataplane.Cluster.Model.ClusterSnapshot cluster = ManifestReader.ReadText(Yaml, "scenario.yaml");
        using Emulation emulation = Emulation.Compile(cluster, new ReplayOptions { Settings = [.. settings] });
        Observation wire = Observation.Parse(["wire"], emulation.Model, emulation.Topology);
        using (var collector = new FrameCollector(
            emulation, wire, CaptureWriter.Create(new Kept(written), "kept", format),
            drops: null, policies: null, new ReplayOptions()))
        {
            using Dataplane.Bench.Fixtures.FrameSet frames = new(Datagrams(3));
            IPipeline pipeline = PipelineCatalog.Create(emulation, collector);
            ReadOnlySpan<Dataplane.Wire.CaptureRecord> records = frames.Records;
            while (!records.IsEmpty) records = records[pipeline.Process(records)..];
        }

        written.Position = 0;
        using CaptureReader reader = CaptureFile.Open(written, "kept");
        var read = new Dataplane.Wire.CaptureRecord[4];
        Assert.Equal(3, reader.Read(read));
        Assert.Equal([928 * Microsecond, 928 * Microsecond],
            [read[1].Timestamp - read[0].Timestamp, read[2].Timestamp - read[1].Timestamp]);
    }

    /// <summary>Outlives its writer.</summary>
    private sealed class Kept(MemoryStream bytes) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => bytes.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => bytes.Write(buffer, offset, count);
    }
}
