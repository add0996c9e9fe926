using System.Buffers.Binary;
using System.Security.Cryptography;
using Dataplane.Cluster.Synthetic;
using Dataplane.Replay.Generate;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Replay.Generate;

/// <summary>Made-up captures, looked at packet by packet with the tests' own reader.</summary>
public sealed class GeneratedTrafficTests : IDisposable
{
    private const int Ip = 14;
    private const int Source = Ip + 12;
    private const int Ports = Ip + 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-generate-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// The hash was taken once; a machine that gives another one, or a change that does, breaks other people's figures.
    /// </summary>
    [Theory]
    [InlineData(FlowDistribution.Uniform, "8003797be87fe2209580c3afaa823f1c40e4f85d0ff8556dada3eef10b029195")]
    [InlineData(FlowDistribution.Zipf, "856f1086ec99bffcb9d1a577c552946cc9e2c5e394f9173f448494b85bcf0aeb")]
    public void The_same_options_give_the_same_bytes_on_every_machine(FlowDistribution distribution, string hash)
    {
        (byte[] capture, _) = Generate(options =>
            options with { Packets = 5_000, Flows = 300, Distribution = distribution });

        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(capture)));
    }

    [Fact]
    public void Another_seed_gives_another_capture()
    {
        (byte[] first, _) = Generate(options => options with { Packets = 100 });
        (byte[] second, _) = Generate(options => options with { Packets = 100, Seed = 2 });

        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Packets_come_at_the_asked_rate_to_the_nanosecond()
    {
        (byte[] capture, TrafficReport report) = Generate(options =>
            options with { Packets = 7, PacketsPerSecond = 3 });

        long[] times = [.. PcapFile.Parse(capture).Frames.Select(frame => frame.Timestamp)];
        Assert.Equal(
            [0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333, 1_666_666_666, 2_000_000_000],
            times.Select(time => time - times[0]));
        Assert.Equal(7 / 3.0, report.CaptureSeconds);
    }

    [Theory]
    [InlineData(64, 1450, new[] { 60 })]
    [InlineData(1518, 1500, new[] { 1514 })]
    [InlineData(1518, 1450, new[] { 1464 })]
    [InlineData(TrafficOptions.Imix, 1500, new[] { 60, 590, 1514 })]
    public void Frames_have_the_asked_sizes_less_the_checksum_that_captures_do_not_hold(
        int size, int mtu, int[] lengths)
    {
        (byte[] capture, _) = Generate(options =>
            options with { FrameSize = size, Mtu = mtu, Mix = new TrafficMix(0, 100, 0, 0) });

        IEnumerable<int> seen = PcapFile.Parse(capture).Frames.Select(frame => frame.Bytes.Length).Distinct().Order();
        Assert.Equal(lengths, seen);
    }

    [Fact]
    public void Imix_is_seven_to_four_to_one()
    {
        (byte[] capture, _) = Generate(options =>
            options with { Packets = 12_000, Mtu = 1500, Mix = new TrafficMix(0, 100, 0, 0) });

        Dictionary<int, int> counts = PcapFile.Parse(capture).Frames
            .CountBy(frame => frame.Bytes.Length).ToDictionary();
        Assert.InRange(counts[60], 6_800, 7_200);
        Assert.InRange(counts[590], 3_800, 4_200);
        Assert.InRange(counts[1514], 900, 1_100);
    }

    [Fact]
    public void Zipf_s_flow_of_rank_k_sends_one_kth_of_what_the_first_sends()
    {
        const int Flows = 12;
        const int Packets = 60_000;
        (byte[] capture, _) = Generate(options => options with
        {
            Packets = Packets,
            Flows = Flows,
            Distribution = FlowDistribution.Zipf,
            Replies = 0,
            Mix = new TrafficMix(0, 100, 0, 0),
        });

        // Each flow has a pod of its own here.
        int[] counts = [.. PcapFile.Parse(capture).Frames.CountBy(SourceOf).Select(one => one.Value).OrderDescending()];
        double harmonic = Enumerable.Range(1, Flows).Sum(k => 1.0 / k);
        Assert.Equal(Flows, counts.Length);
        Assert.All(counts.Index(), one => Assert.InRange(
            one.Item, 0.9 * Packets / harmonic / (one.Index + 1), 1.1 * Packets / harmonic / (one.Index + 1)));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(30, 0.28, 0.32)]
    [InlineData(100, 0.9, 1)]
    public void So_many_datagrams_come_back_as_was_asked(int replies, double least, double most)
    {
        (_, TrafficReport report) = Generate(options =>
            options with { Packets = 20_000, Replies = replies, Mix = new TrafficMix(0, 100, 0, 0) });

        Assert.InRange(report.ReplyPackets / (double)report.Packets, least, most);
    }

    /// <summary>By hand: the peer's acknowledgement is always one beyond the last byte that was sent to it.</summary>
    [Fact]
    public void A_tcp_connection_begins_with_a_handshake_counts_its_bytes_and_ends_with_fin()
    {
        const int Syn = 2;
        const int Fin = 1;
        const int Ack = 16;
        const int Push = 8;
        (byte[] capture, TrafficReport report) = Generate(options =>
            options with { Packets = 400, Flows = 1, Mix = new TrafficMix(100, 0, 0, 0) });

        uint client = 0;
        uint server = 0;
        List<int> flags = [];
        int connections = 0;
        foreach (CapturedFrame frame in PcapFile.Parse(capture).Frames)
        {
            ReadOnlySpan<byte> tcp = frame.Bytes.AsSpan(Ports);
            bool fromServer = BinaryPrimitives.ReadUInt16BigEndian(tcp) == ClusterPlan.ServicePort;
            uint sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
            uint acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
            int bits = tcp[13];
            if (bits == Syn)
            {
                connections++;
                flags.Clear();
            }

            flags.Add(bits);
            if (flags.Count == 2) server = sequence;
            if (flags.Count == 1) client = sequence;
            Assert.Equal(fromServer ? server : client, sequence);
            if ((bits & Ack) != 0) Assert.Equal(fromServer ? client : server, acknowledgment);

            uint used = (uint)(tcp.Length - (tcp[12] >> 4) * 4) + ((bits & (Syn | Fin)) != 0 ? 1u : 0);
            if (fromServer) server += used;
            else client += used;
            if (flags.Count < 4 || bits != Ack) continue;

            Assert.Equal([Syn, Syn | Ack, Ack], flags.Take(3));
            Assert.Equal([Fin | Ack, Fin | Ack, Ack], flags.TakeLast(3));
            Assert.All(flags.Skip(3).SkipLast(3), data => Assert.Equal(Push | Ack, data));
        }

        Assert.True(connections > 3);
        Assert.Equal(connections, report.Connections);
    }

    [Fact]
    public void Long_lived_connections_begin_once_and_never_end()
    {
        (_, TrafficReport report) = Generate(options =>
            options with { Packets = 20_000, Flows = 50, LongLived = true });

        Assert.Equal(20_000, report.TcpPackets + report.UdpPackets + report.DnsPackets);
        Assert.InRange(report.Connections - (report.DnsPackets / 2), 40, 51);
    }

    [Fact]
    public void Clients_can_be_one_node_s_pods_alone()
    {
        (byte[] capture, _) = Generate(options =>
            options with { Node = "node-1", Replies = 0, Mix = new TrafficMix(0, 100, 0, 0) });

        Assert.All(PcapFile.Parse(capture).Frames, frame => Assert.Equal(0x0AF4_0100u, SourceOf(frame) & 0xFFFF_FF00));
    }

    [Fact]
    public void More_flows_than_pods_have_ports_are_refused_in_one_line()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            Generate(options => options with { Flows = 10_000_000 }));

        Assert.Equal(
            "10000000 flows of 60 pods: a pod has 28232 source ports: 1693920 flows are the most", error.Message);
    }

    private (byte[] Capture, TrafficReport Report) Generate(Func<TrafficOptions, TrafficOptions> change)
    {
        string manifests = Path.Combine(_folder.FullName, "cluster.json");
        using (var sink = new ManifestSink(File.Create(manifests), json: true))
        {
            ClusterGenerator.Write(
                new SyntheticOptions { Nodes = 3, PodsPerNode = 20, Services = 8, Endpoints = 3 },
                flannel: true, sink, default);
        }

        string capture = Path.Combine(_folder.FullName, "traffic.pcap");
        var options = new TrafficOptions { Manifests = [manifests], Output = capture, Packets = 2_000, Flows = 100 };
        TrafficReport report = TrafficGenerator.Run(
            change(options), () => { }, _ => { }, TestContext.Current.CancellationToken);
        return (File.ReadAllBytes(capture), report);
    }

    private static uint SourceOf(CapturedFrame frame) =>
        BinaryPrimitives.ReadUInt32BigEndian(frame.Bytes.AsSpan(Source));
}
