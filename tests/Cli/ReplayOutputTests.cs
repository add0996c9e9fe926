using System.Text.Json;
using Dataplane.Cli;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.StageTiming;
using Xunit;

namespace Dataplane.Tests.Cli;

public class ReplayOutputTests
{
    private static readonly ReplayReport Report = new()
    {
        Cni = "flannel",
        Proxy = "ebpf",
        Nodes = ["node-a", "node-b"],
        Packets = 1_000_000,
        Bytes = 64_000_000,
        FramesWritten = 999_000,
        Verdicts = new VerdictCounts(Forwarded: 998_990, Answered: 10, Dropped: 900, Ignored: 100),
        Drops = [new("no backend", "Select", "node-a", 200, 12_800, 200),
            new("TTL exceeded", "Route", "node-b", 700, 44_800, 0)],
        Ignored = [new("not for this cluster", 100)],
        Encapsulated = 900_000,
        Decapsulated = 900_000,
        Translated = 5_000,
        Reoriginated = 40,
        Guessed = 3,
        Connections = 1_234,
        Unlisted = 7,
        Loops = [new(500_000, 0.05), new(500_000, 0.025)],
        ElapsedSeconds = 0.075,
        PacketsPerSecond = 13_333_333.25,
        BitsPerSecond = 6_826_666_624,
        NanosecondsPerPacket = 75,
        LatencyNanoseconds = new LatencySummary(40, 70, 90, 150, 1_200, 9_000, 2_500_000, 75.5),
        PeakMemoryBytes = 50L << 20,
    };

    private static readonly ReplayReport Paced = Report with
    {
        Schedule = new ScheduleReport(
            "pps", 100_000, 98_765.4321, new LatencySummary(0, 120, 300, 1_200, 15_000, 70_000, 80_000, 200.5), 0, 0),
        Link = new LinkReport(10_000_000_000, 1000, 50_000,
            [new LinkUse("node-a", 1_000_000, 84_000_000, 1_000, 0.753, 7.2e9, new QueueDepth(1000, 12.34, 950))]),
        StageTimes = new StageTimesReport(64, 10, 640, 25, [new StageTime("parse", 12.3, 20, 13)]),
    };

    [Fact]
    public void Text_shows_verdicts_drops_and_speed()
    {
        var text = new StringWriter { NewLine = "\n" };

        ReplayText.Write(text, Report, Style.Plain);

        Assert.Equal(
            """
            flannel, ebpf proxy, 2 nodes

            verdict      packets     share
            forwarded    998,990   99.90 %
            answered          10    0.00 %
            dropped          900    0.09 %
            ignored          100    0.01 %
            all        1,000,000  100.00 %

            dropped because  stage   node    packets   bytes  answered
            TTL exceeded     Route   node-b      700  44,800         0
            no backend       Select  node-a      200  12,800       200

            ignored because       packets
            not for this cluster      100

            frames       999,000 written, 900,000 encapsulated, 900,000 decapsulated
            packets      5,000 translated, 40 re-originated, 3 guessed
                         7 from addresses that no Pod object has
            connections  1,234

            speed        15.0 Mpackets/s, 7.68 Gbit/s, 66.7 ns a packet (median of 2 loops)
            latency      min 40.0 ns, p50 70.0 ns, p90 90.0 ns, p99 150 ns
                         p99.9 1.20 us, p99.99 9.00 us, max 2.50 ms, mean 75.5 ns
                         (from when a packet was read to when its burst's frames are made)
                         (the emulator's own time, not a kernel's)
            memory       50.0 MiB at most, 0 bytes allocated on the packet path

            """,
            text.ToString());
    }

    [Fact]
    public void Text_of_a_paced_run_tells_how_the_pace_was_kept_and_where_time_went()
    {
        var text = new StringWriter { NewLine = "\n" };

        ReplayText.Write(text, Paced, Style.Plain);

        Assert.Contains(
            """
                         (from when a packet was due to when its burst's frames are made)
                         (the emulator's own time, not a kernel's)
            stages       parse                  p50    12.3  p99     20.0  mean    13.0 ns
                         (a packet's share, in 1 of 64 bursts: 640 packets)
                         (each has 25.0 ns a burst of the clock's own in it)
            pace         100,000 packets/s asked for, 98,765.432 reached
            sent late by p50 120 ns, p90 300 ns, p99 1.20 us, p99.9 15.0 us, max 80.0 us

            """,
            text.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Text_of_links_has_a_row_for_each_node_that_sent()
    {
        var text = new StringWriter { NewLine = "\n" };

        ReplayText.Write(text, Paced, Style.Plain);

        Assert.Contains(
            """
            link of     frames  dropped  in use      goodput  queue  mean  p99
            node-a   1,000,000    1,000  75.3 %  7.20 Gbit/s  1,000  12.3  950
            (10.0 Gbit/s, queue of 1,000, delay 50.0 us; goodput: IP without tunnels)

            """,
            text.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Text_fits_eighty_columns()
    {
        var text = new StringWriter { NewLine = "\n" };

        ReplayText.Write(text, Report, Style.Plain);
        ReplayText.Write(text, Paced, Style.Plain);

        Assert.All(text.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public void Colour_changes_nothing_but_colour()
    {
        var plain = new StringWriter();
        var painted = new StringWriter();
        ReplayText.Write(plain, Report, Style.Plain);
        ReplayText.Write(painted, Report, Style.Choose("always"));

        Assert.NotEqual(plain.ToString(), painted.ToString());
        Assert.Equal(
            plain.ToString(), System.Text.RegularExpressions.Regex.Replace(painted.ToString(), "\e\\[[0-9]+m", ""));
    }

    [Fact]
    public void Json_has_the_keys_of_the_contract()
    {
        using var json = JsonDocument.Parse(CliJson.Write(Report));

        string[] contract =
        [
            "schemaVersion", "packets", "bytes", "framesWritten", "verdicts", "drops", "ignored", "encapsulated",
            "decapsulated", "translated", "reoriginated", "guessed", "connections", "unlisted", "loops",
            "elapsedSeconds", "packetsPerSecond", "bitsPerSecond", "nanosecondsPerPacket", "latencyNanoseconds",
            "allocatedBytes", "peakMemoryBytes", "workers",
        ];
        Assert.Subset(Names(json.RootElement), new HashSet<string>(contract));
        Assert.Equal(
            ["answered", "dropped", "forwarded", "ignored"], Names(json.RootElement.GetProperty("verdicts")).Order());
        Assert.Equal(
            ["answered", "bytes", "node", "packets", "reason", "stage"],
            Names(json.RootElement.GetProperty("drops")[0]).Order());
        Assert.Equal(["packets", "reason"], Names(json.RootElement.GetProperty("ignored")[0]).Order());
        Assert.Equal(["elapsedSeconds", "packets"], Names(json.RootElement.GetProperty("loops")[0]).Order());
        Assert.Equal(
            ["max", "mean", "min", "p50", "p90", "p99", "p999", "p9999"],
            Names(json.RootElement.GetProperty("latencyNanoseconds")).Order());
    }

    [Fact]
    public void Json_numbers_are_numbers()
    {
        using var json = JsonDocument.Parse(CliJson.Write(Report));

        Assert.Equal(1, json.RootElement.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(998_990, json.RootElement.GetProperty("verdicts").GetProperty("forwarded").GetInt64());
        Assert.Equal(75.5, json.RootElement.GetProperty("latencyNanoseconds").GetProperty("mean").GetDouble());
    }

    [Fact]
    public void Exit_codes_are_the_contracts()
    {
        ReplayReport clean = Report with { Verdicts = new VerdictCounts(1_000_000, 0, 0, 0) };

        Assert.Equal(0, ReplayVerb.Code(clean, failOnDrop: true));
        Assert.Equal(0, ReplayVerb.Code(Report, failOnDrop: false));
        Assert.Equal(1, ReplayVerb.Code(Report, failOnDrop: true));
        Assert.Equal(3, ReplayVerb.Code(clean with { Damage = ["in.pcap: offset 24: cut off"] }, failOnDrop: false));
        Assert.Equal(130, ReplayVerb.Code(Report with { Interrupted = true }, failOnDrop: true));
    }

    private static HashSet<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(one => one.Name)];
}
