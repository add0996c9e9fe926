using Dataplane.Replay;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Replay.Workers;

/// <summary>Whatever the number of workers, a run writes the same bytes and counts the same packets.</summary>
public sealed class CrewTests
{
    private static readonly int[] Crews = [2, 3, 8];

    public static TheoryData<string, string, string, string?, string> Runs => new()
    {
        { "three-tier", "three-tier/app.pcap.gz", "ebpf", null, ".pcapng" },
        { "three-tier", "three-tier/app.pcap.gz", "ebpf", "node-1", ".pcap" },
        { "three-tier", "three-tier/app.pcap.gz", "ipvs", null, ".pcapng" },
        { "three-tier", "three-tier/app.pcap.gz", "iptables", null, ".pcap" },
        { "dual-stack", "dual-stack/pod.pcap.gz", "ebpf", null, ".pcapng" },
        { "two-nodes", "two-nodes/wire.pcap.gz", "ebpf", null, ".pcapng" },
        { "two-nodes", "over-mtu/pod.pcap.gz", "ebpf", null, ".pcapng" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Two_three_and_eight_workers_write_what_one_writes(
        string cluster, string capture, string proxy, string? node, string ending)
    {
        var options = new ReplayOptions
        {
            Manifests = [In(cluster, "manifests.yaml")],
            Captures = [In(capture)],
            Proxy = proxy,
            Node = node,
            At = ending == ".pcap" ? ["wire"] : ["all"],
            Loops = 2,
            Preload = true,
        };
        Outcome one = Run(options, ending, workers: 1);
        Assert.NotEmpty(one.Bytes);

        foreach (int workers in Crews) AssertSame(one, Run(options, ending, workers), $"{workers} workers");
    }

    [Fact]
    public void Established_connections_of_a_single_node_are_the_same_too()
    {
        using var generated = new GeneratedRun();
        ReplayOptions options = generated.Options with { Loops = 3 };
        Outcome one = Run(options, ".pcap", workers: 1);
        Assert.Contains("\"encapsulated\"", one.Json, StringComparison.Ordinal);

        for (int round = 0; round < 3; round++)
        {
            foreach (int workers in Crews)
                AssertSame(one, Run(options, ".pcap", workers), $"{workers} workers, round {round}");
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(777)]
    public void A_run_stops_after_as_many_records_as_were_asked_for(int count)
    {
        var options = new ReplayOptions
        {
            Manifests = [In("three-tier", "manifests.yaml")],
            Captures = [In("three-tier/app.pcap.gz")],
            Count = count,
            Workers = 3,
        };

        Assert.Equal(count, ReplayRunner.Run(options, new Unwatched(), CancellationToken.None).Packets);
    }

    [Fact]
    public void An_interruption_ends_every_worker_and_what_was_done_adds_up()
    {
        using var interruption = new CancellationTokenSource();
        var options = new ReplayOptions
        {
            Manifests = [In("three-tier", "manifests.yaml")],
            Captures = [In("three-tier/app.pcap.gz")],
            Loops = 1000,
            Preload = true,
            Workers = 4,
        };

        ReplayReport report = ReplayRunner.Run(
            options, new Interrupter(interruption, behind: 40_000), interruption.Token);

        Assert.True(report.Interrupted);
        Assert.InRange(report.Packets, 40_000, 20_000_000);
        Assert.Null(VerdictSums.FaultOf(report));
    }

    [Fact]
    public void What_cannot_be_written_is_one_error_and_no_worker_stays()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("needs /dev/full");
        var options = new ReplayOptions
        {
            Manifests = [In("three-tier", "manifests.yaml")],
            Captures = [In("three-tier/app.pcap.gz")],
            Output = "/dev/full",
            Workers = 4,
        };

        Assert.ThrowsAny<IOException>(() => ReplayRunner.Run(options, new Unwatched(), CancellationToken.None));

        // the system takes a moment to bury a thread that has been joined, and other tests have workers of their own
        Assert.True(
            SpinWait.SpinUntil(
                () => !ThreadNames().Contains("worker", StringComparison.Ordinal), TimeSpan.FromSeconds(30)),
            ThreadNames());
    }

    [Theory]
    [InlineData("a pace is kept by one", "-p", "100000")]
    [InlineData("--stage-times watches one", "--stage-times")]
    [InlineData("frames go by links", "--set", "link.rate=1Gbit")]
    public void What_only_one_worker_can_do_is_said(string expected, params string[] more)
    {
        Cli.BuiltProgram.Outcome outcome = Cli.BuiltProgram.Run(
            ["replay", "-f", In("three-tier", "manifests.yaml"), "-r", In("three-tier/app.pcap.gz"), "--workers", "2",
                .. more]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"--workers 2: {expected}", outcome.OneLine, StringComparison.Ordinal);
    }

    private static void AssertSame(Outcome one, Outcome several, string who)
    {
        Assert.True(one.Json == several.Json, $"{who}:\n{several.Json}\none:\n{one.Json}");
        Assert.True(one.Bytes.AsSpan().SequenceEqual(several.Bytes), $"{who}: other bytes");
        Assert.True(one.Drops.AsSpan().SequenceEqual(several.Drops), $"{who}: other drops");
    }

    private static Outcome Run(ReplayOptions options, string ending, int workers)
    {
        using var output = new TemporaryFile(ending);
        using var drops = new TemporaryFile(".jsonl");
        ReplayReport report = ReplayRunner.Run(
            options with { Output = output.Path, DropsPath = drops.Path, Workers = workers },
            new Unwatched(), CancellationToken.None);
        Assert.Equal(workers, report.Workers);
        return new Outcome(File.ReadAllBytes(output.Path), File.ReadAllBytes(drops.Path), TimelessReport.Of(report));
    }

    private static string ThreadNames() =>
        string.Join(' ', Directory.EnumerateDirectories("/proc/self/task").Select(NameOf));

    // of a thread that may end in the meantime
    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string In(params string[] path) => Path.Combine([GoldenFolder.RepositoryRoot, "pcaps", .. path]);

    private sealed record Outcome(byte[] Bytes, byte[] Drops, string Json);

    private sealed class Interrupter(CancellationTokenSource source, long behind) : IReplayObserver
    {
        public void Started(long totalBytes, long totalRecordsOrMinusOne)
        {
        }

        public void Progress(long packets, long bytesRead)
        {
            if (packets >= behind) source.Cancel();
        }

        public void Warn(string line)
        {
        }
    }
}
