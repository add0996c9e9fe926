using System.Collections.Concurrent;
using System.Text.Json;
using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Capture;
using Xunit;

namespace Dataplane.Tests.Replay;

/// <summary>
/// Captures of other projects' tests through every CNI, in a cluster whose pods are the whole Internet: each packet has
/// a verdict, and what is not IP is ignored for a reason that is said.
/// </summary>
public sealed class ForeignCaptureTests
{
    /// <summary>Every so many captures go through all CNIs; the others through one each, in turn.</summary>
    private const int EveryCni = 10;

    private static readonly string[] NotForwarding =
        ["not-ip", "link-type", "unknown-addresses", "multicast", "own-answer", "other-node", "seen-again"];

    private static readonly (string Cni, string[] Settings)[] Cnis =
    [
        ("flannel", []),
        ("flannel", ["flannel.backend=ipip"]),
        ("calico", []),
        ("calico", ["calico.vxlan=Always"]),
        ("cilium", []),
        ("cilium", ["cilium.tunnel=geneve"]),
        ("openshift-sdn", []),
        ("ovn-kubernetes", []),
    ];

    [Fact]
    public void Every_packet_of_every_foreign_capture_has_a_verdict_under_every_cni()
    {
        (JsonElement Entry, string Path)[] captures =
            [.. ForeignCaptures.Entries().Select(entry => (entry.Entry.Clone(), entry.Path))];
        ConcurrentBag<string> wrong = [];
        ConcurrentDictionary<string, long> packets = [];
        Parallel.For(0, captures.Length, index =>
        {
            IEnumerable<int> cnis = index % EveryCni == 0 ? Enumerable.Range(0, Cnis.Length) : [index % Cnis.Length];
            foreach (int cni in cnis)
            {
                if (Fault(captures[index].Entry, captures[index].Path, Cnis[cni], packets) is { } fault)
                    wrong.Add($"{Cnis[cni].Cni}: {captures[index].Path}: {fault}");
            }
        });

        Assert.Empty(wrong);
        Assert.Equal(876, captures.Length);
        Assert.Equal(Cnis.Select(cni => Name(cni)).Order(), packets.Keys.Order());
        Assert.All(packets.Values, count => Assert.InRange(count, 1_000, long.MaxValue));
    }

    private static string Name((string Cni, string[] Settings) cni) =>
        $"{cni.Cni} {string.Join(' ', cni.Settings)}".TrimEnd();

    private static string? Fault(
        JsonElement entry, string path, (string Cni, string[] Settings) cni, ConcurrentDictionary<string, long> packets)
    {
        try
        {
            using CaptureReader reader = CaptureFile.Open(path, new CaptureReadOptions());
            IEnumerable<string> common = WideCluster.Settings.Where(setting =>
                cni.Cni == "flannel" || !setting.StartsWith("flannel.", StringComparison.Ordinal));
            var options = new ReplayOptions { Cni = cni.Cni, Settings = [.. common, .. cni.Settings] };
            using var emulation = Emulation.Compile(WideCluster.Snapshot(), options);
            ReplayReport report = ReplayRunner.Run(emulation, reader, options, new Unwatched(), CancellationToken.None);
            packets.AddOrUpdate(Name(cni), report.Packets, (_, sum) => sum + report.Packets);
            (long expected, long _) = ForeignCaptures.Expected(entry);
            if (report.Packets != expected && !ForeignCaptures.IsUnknownToTshark(entry))
                return $"{report.Packets} packets, expected {expected}";
            return VerdictSums.FaultOf(report) ?? UnnamedFault(report);
        }
        catch (InvalidDataException error)
        {
            return ForeignCaptures.IsCapture(entry) ? error.Message : null;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return error.ToString();
        }
    }

    private static string? UnnamedFault(ReplayReport report)
    {
        string[] unknown =
            [.. report.Ignored.Select(ignored => ignored.Reason).Where(reason => !NotForwarding.Contains(reason))];
        return unknown.Length == 0 ? null : $"ignored as {string.Join(", ", unknown)}";
    }
}
