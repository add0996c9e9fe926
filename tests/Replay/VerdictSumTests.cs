using System.Collections.Concurrent;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Replay;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay;

/// <summary>
/// Over every capture at hand: the verdicts make the record count, and what was written is read back whole.
/// </summary>
public sealed class VerdictSumTests
{
    private static readonly string[] Endings = [".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz"];

    [Theory]
    [InlineData("pcaps")]
    [InlineData("tests/Golden")]
    public void Verdicts_of_our_own_captures_sum_to_the_records_read(string folder) =>
        Judge(Path.Combine(GoldenFolder.RepositoryRoot, folder), refusable: 0);

    [Theory]
    [InlineData("golden", 0)]
    [InlineData("suites", 40)]
    public void Verdicts_of_everybodys_captures_sum_to_the_records_read(string folder, int refusable)
    {
        if (!SharedFolder.TryFind(folder, out string path)) Assert.Skip($"../shared/{folder} is not there");

        Judge(path, refusable);
    }

    private static void Judge(string folder, int refusable)
    {
        string[] captures = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsCapture)];
        Assert.NotEmpty(captures);
        ClusterSnapshot threeTier = ManifestReader.Read([ThreeTier.ManifestsPath]);
        ClusterSnapshot wide = WideCluster.Snapshot();
        ConcurrentBag<string> wrong = [];
        ConcurrentBag<string> refused = [];
        Parallel.ForEach(captures, capture =>
        {
            foreach (string? fault in (string?[])[Fault(capture, threeTier, [], refused),
                Fault(capture, wide, WideCluster.Settings, refused)])
            {
                if (fault is not null) wrong.Add($"{Path.GetRelativePath(folder, capture)}: {fault}");
            }
        });
        Assert.Empty(wrong);
        Assert.True(refused.Count <= 2 * refusable, $"{refused.Count} refused: {string.Join("; ", refused)}");
    }

    private static bool IsCapture(string path) =>
        Endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));

    private static string? Fault(
        string capture, ClusterSnapshot snapshot, string[] settings, ConcurrentBag<string> refused)
    {
        string output = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".pcapng");
        try
        {
            using CaptureReader reader = CaptureFile.Open(capture, new CaptureReadOptions());
            var options = new ReplayOptions { Settings = [.. settings], Output = output, At = ["all"] };
            ReplayReport report;
            using (var emulation = Emulation.Compile(snapshot, options))
            {
                report = ReplayRunner.Run(emulation, reader, options, new Unwatched(), CancellationToken.None);
            }

            return VerdictSums.FaultOf(report) ?? WrittenFault(report, output);
        }
        catch (InvalidDataException error)
        {
            refused.Add(error.Message);
            return null;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return error.ToString();
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string? WrittenFault(ReplayReport report, string output)
    {
        using CaptureReader written = CaptureFile.Open(output, new CaptureReadOptions());
        CaptureRecord[] records = new CaptureRecord[256];
        long frames = 0;
        for (int count = written.Read(records); count > 0; count = written.Read(records)) frames += count;
        if (written.Damage is { } damage) return $"written file is damaged: {damage}";

        return frames == report.FramesWritten ? null : $"{frames} frames read back, {report.FramesWritten} written";
    }
}
