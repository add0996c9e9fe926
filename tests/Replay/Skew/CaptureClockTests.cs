using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Replay.Skew;
using Dataplane.Tests.Architecture;
using Dataplane.Tests.Capture;
using Xunit;

namespace Dataplane.Tests.Replay.Skew;

/// <summary>
/// One curl through a shop, captured at pods and on two nodes' wires by one clock (<c>pcaps/story</c>). Where a file's
/// times are moved, its clock is found to be wrong by as much, and the merged run is what it was.
/// </summary>
public sealed class CaptureClockTests : IDisposable
{
    private const string Wire1 = "node-1.eth0.pcap";
    private const string Wire2 = "node-2.eth0.pcap";
    private const string Frontend = "frontend-6f7d9c-aaaaa.pcap";
    private const string Loadgen = "loadgen-1.pcap";
    private const long Precision = 50_000;

    private readonly List<TemporaryFile> _files = [];

    public void Dispose() => _files.ForEach(file => file.Dispose());

    [Theory]
    [InlineData(5_120_000)]
    [InlineData(-5_120_000)]
    [InlineData(-7_200_000_000_000)]
    [InlineData(400_000)]
    public void A_clock_that_is_wrong_is_found_by_packets_that_go_both_ways(long ahead)
    {
        CaptureClock[] clocks = ClocksOf([Story(Wire1), Moved(Wire2, ahead)]);

        Assert.Equal([ClockSource.Reference, ClockSource.Estimated], clocks.Select(clock => clock.Clock));
        Assert.InRange(clocks[1].SkewNanoseconds, ahead - clocks[1].UncertaintyNanoseconds!.Value,
            ahead + clocks[1].UncertaintyNanoseconds!.Value);
        Assert.InRange(clocks[1].UncertaintyNanoseconds!.Value, 1, Precision);
        Assert.InRange(clocks[1].CommonPackets, 20, 42);
    }

    [Fact]
    public void Captures_of_one_clock_are_left_as_they_are()
    {
        string[] captures = [Story(Wire1), Story(Wire2), Story(Frontend), Story(Loadgen)];
        CaptureClock[] clocks = ClocksOf(captures);

        Assert.Equal([ClockSource.Reference, ClockSource.Agrees, ClockSource.Agrees, ClockSource.Agrees],
            clocks.Select(clock => clock.Clock));
        Assert.All(clocks, clock => Assert.Equal(0, clock.SkewNanoseconds));
        Assert.All(clocks[1..], clock => Assert.InRange(clock.UncertaintyNanoseconds!.Value, 1, Precision));
    }

    [Fact]
    public void A_pod_and_its_wire_are_compared_by_TTL_and_a_third_capture_by_way_of_the_second()
    {
        CaptureClock[] clocks = ClocksOf([Story(Frontend), Moved(Wire1, 30_000_000), Moved(Loadgen, -30_000_000)]);

        Assert.InRange(clocks[1].SkewNanoseconds, 30_000_000 - Precision, 30_000_000 + Precision);
        Assert.InRange(clocks[2].SkewNanoseconds, -30_000_000 - Precision, -30_000_000 + Precision);
    }

    [Fact]
    public void Wrong_clocks_change_nothing_of_what_is_made_of_the_captures()
    {
        ReplayReport right = Run([Story(Loadgen), Story(Wire1), Story(Wire2), Story(Frontend)]);
        ReplayReport wrong = Run(
            [Story(Loadgen), Moved(Wire1, 1_500_000_000), Moved(Wire2, -2_500_000_000), Moved(Frontend, 40_000_000)]);
        ReplayReport uncorrected = Run(
            [Story(Loadgen), Moved(Wire1, 1_500_000_000), Moved(Wire2, -2_500_000_000), Moved(Frontend, 40_000_000)],
            new SkewOptions(false, []));

        Assert.Equal(right.Verdicts, wrong.Verdicts);
        Assert.Equal(right.Ignored, wrong.Ignored);
        Assert.Equal((right.Encapsulated, right.Translated), (wrong.Encapsulated, wrong.Translated));
        Assert.NotEqual(right.Verdicts, uncorrected.Verdicts);
        Assert.Null(uncorrected.Clocks);
    }

    [Fact]
    public void A_skew_that_is_given_is_taken_as_it_is()
    {
        string moved = Moved(Wire2, 5_000_000);
        CaptureClock[] clocks = ClocksOf(
            [Story(Wire1), moved, Story(Frontend)], new SkewOptions(IsEstimated: true, [(moved, 4_000_000)]));

        Assert.Equal((ClockSource.Given, 4_000_000L), (clocks[1].Clock, clocks[1].SkewNanoseconds));
        Assert.Equal(ClockSource.Agrees, clocks[2].Clock);
    }

    [Fact]
    public void Captures_that_share_no_packet_say_so()
    {
        ReplayReport report = Run([Story(Loadgen), Story("postgres-0.pcap")]);

        Assert.Equal(ClockSource.Unknown, report.Clocks!.Value[1].Clock);
        Assert.Contains(
            report.Notes, note => note.Contains("postgres-0.pcap shares no packet", StringComparison.Ordinal));
    }

    [Fact]
    public void Packets_of_one_direction_tell_as_much_as_they_can()
    {
        string there = Filtered(Wire2, 5_000_000, frame => frame[29] == 11);
        CaptureClock clock = ClocksOf([Story(Wire1), there])[1];

        Assert.Equal((ClockSource.OneWay, null), (clock.Clock, clock.UncertaintyNanoseconds));
        Assert.InRange(clock.SkewNanoseconds, 5_000_000, 5_000_000 + Precision);
    }

    [Fact]
    public void A_skew_for_no_capture_is_an_error_that_names_those_that_there_are()
    {
        string capture = Story(Wire1);
        var error = Assert.Throws<InvalidDataException>(() =>
            Run([capture, Story(Wire2)], new SkewOptions(true, [("x.pcap", 1)])));
        Assert.StartsWith(
            $"--skew x.pcap: no capture of that name (there are: {capture}, ", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidDataException>(() => Run([capture], new SkewOptions(true, [(capture, 1)])));
        Assert.Equal($"--skew {capture}: there is one capture, and its clock is the run's", error.Message);
    }

    private static CaptureClock[] ClocksOf(string[] captures, SkewOptions? skew = null) =>
        [.. Run(captures, skew).Clocks!.Value];

    private static ReplayReport Run(string[] captures, SkewOptions? skew = null) => ReplayRunner.Run(
        new ReplayOptions
        {
            Manifests = [Path.Combine(SourceTree.Root, "pcaps", "three-tier", "manifests.yaml")],
            Captures = [.. captures],
            Skew = skew ?? SkewOptions.Auto,
        },
        new Unwatched(), CancellationToken.None);

    private static string Story(string file) => Path.Combine(SourceTree.Root, "pcaps", "story", file);

    private string Moved(string file, long by) => Filtered(file, by, _ => true);

    // A pcap in nanoseconds, record by record.
    private string Filtered(string file, long by, Func<byte[], bool> isKept)
    {
        const int Header = 24;
        const int RecordHeader = 16;
        byte[] bytes = File.ReadAllBytes(Story(file));
        List<byte> kept = [.. bytes[..Header]];
        for (int at = Header; at < bytes.Length;)
        {
            Span<byte> record = bytes.AsSpan(at);
            long time = BinaryPrimitives.ReadUInt32LittleEndian(record) * 1_000_000_000L
                + BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) + by;
            int length = RecordHeader + BinaryPrimitives.ReadInt32LittleEndian(record[8..]);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(time / 1_000_000_000));
            BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)(time % 1_000_000_000));
            if (isKept(record[RecordHeader..length].ToArray())) kept.AddRange(record[..length]);
            at += length;
        }

        var moved = new TemporaryFile(".pcap");
        _files.Add(moved);
        File.WriteAllBytes(moved.Path, [.. kept]);
        return moved.Path;
    }
}
