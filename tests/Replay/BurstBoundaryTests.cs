using Dataplane.Capture;
using Dataplane.Replay;
using Dataplane.Replay.Pacing;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Golden;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay;

/// <summary>
/// How many packets come at once is an accident: a stream's pieces, a pace. Preloaded, they come by 64; at
/// 40,000 a second most come alone.
/// </summary>
public sealed class BurstBoundaryTests
{
    public static TheoryData<string, string> Clusters => new()
    {
        { "flannel", "ipvs" }, { "calico", "iptables" }, { "calico", "ipvs" }, { "cilium", "ebpf" },
        { "openshift-sdn", "iptables" }, { "ovn-kubernetes", "ebpf" },
    };

    [Theory]
    [MemberData(nameof(Clusters))]
    public void Packets_that_come_alone_are_counted_and_written_as_those_that_come_together(string cni, string proxy)
    {
        var options = new ReplayOptions
        {
            Manifests = [In("manifests.yaml")],
            Captures = [In("app.pcap.gz")],
            Cni = cni,
            Proxy = proxy,
            Preload = true,
            Count = 12_000,
        };

        (string together, List<string> frames) = Run(options);
        (string alone, List<string> same) = Run(options with { Pace = new Pace(PaceKind.PacketsPerSecond, 40_000) });

        Assert.Equal(together, alone);
        Assert.Equal(frames, same);
    }

    private static (string Report, List<string> Frames) Run(ReplayOptions options)
    {
        using var output = new TemporaryFile(".pcap");
        ReplayReport report = ReplayRunner.Run(
            options with { Output = output.Path }, new Unwatched(), CancellationToken.None);
        using CaptureReader reader = CaptureFile.Open(output.Path);
        return (TimelessReport.Of(report with { Notes = [] }), [.. ReadCapture.All(reader).Select(WithoutId)]);
    }

    // A node's own answers are numbered behind their burst's packets (src/README.md, what we dislike):
    // outer id and header checksum.
    private static string WithoutId(KeptRecord record)
    {
        const int digits = 2, id = EthernetHeader.Size + 4, checksum = EthernetHeader.Size + 10;
        string frame = record.Frame;
        return $"{record.Timestamp} {frame[..(digits * id)]}....{frame[(digits * (id + 2))..(digits * checksum)]}...."
            + $"{frame[(digits * (checksum + 2))..]}";
    }

    private static string In(string name) => Path.Combine(GoldenFolder.RepositoryRoot, "pcaps", "three-tier", name);
}
