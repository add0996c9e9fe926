using System.Text.Json;
using Dataplane.Cli;
using Dataplane.Replay;
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
        Drops = [new("no backend", "Select", "node-a", 200, 12_800, 200), new("TTL exceeded", "Route", "node-b", 700, 44_800, 0)],
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
            latency      p50 70.0 ns, p90 90.0 ns, p99 150 ns, p99.9 1.20 us, max 2.50 ms
                         (the emulator's own time, not a kernel's)
            memory       50.0 MiB at most, 0 bytes allocated on the packet path

            """,
            text.ToString());
    }

    [Fact]
    public void Text_fits_eighty_columns()
    {
        var text = new StringWriter { NewLine = "\n" };

        ReplayText.Write(text, Report, Style.Plain);

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
        Assert.Equal(plain.ToString(), System.Text.RegularExpressions.Regex.Replace(painted.ToString(), "\e\\[[0-9]+m", ""));
    }

    [Fact]
    public void Json_has_the_keys_of_the_contract()
    {
        using var json = JsonDocument.Parse(CliJson.Write(Report));

        string[] contract =
        [
            "schemaVersion", "packets", "bytes", "framesWritten", "verdicts", "drops", "ignored", "encapsulated", "decapsulated",
            "translated", "reoriginated", "guessed", "connections", "unlisted", "loops", "elapsedSeconds", "packetsPerSecond",
            "bitsPerSecond", "nanosecondsPerPacket", "latencyNanoseconds", "allocatedBytes", "peakMemoryBytes", "workers",
        ];
        Assert.Subset(Names(json.RootElement), new HashSet<string>(contract));
        Assert.Equal(["answered", "dropped", "forwarded", "ignored"], Names(json.RootElement.GetProperty("verdicts")).Order());
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
