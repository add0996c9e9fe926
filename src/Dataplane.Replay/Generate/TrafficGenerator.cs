using System.Diagnostics;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Synthetic;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>
/// Writes a capture of a cluster's pods as seen at the clients' veths: connections from handshake to FIN, datagrams, DNS,
/// scans. The same options and manifests give the same bytes.
/// </summary>
public static class TrafficGenerator
{
    private const int CommitEvery = 256;
    private const long FirstNanosecond = 1_767_225_600L * NanosecondsPerSecond;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const string Interface = "pods";

    /// <exception cref="InvalidDataException">The manifests have nobody who could send, or too few for so many flows.</exception>
    public static TrafficReport Run(TrafficOptions options, Action<long> progress, CancellationToken cancellation)
    {
        OutputPaths.Check(new ReplayOptions { Manifests = options.Manifests, Captures = [], Output = options.Output });
        ClusterSnapshot snapshot = ManifestReader.Read(options.Manifests);
        TrafficCluster cluster = TrafficCluster.Of(snapshot, string.Join(", ", options.Manifests));
        List<string> notes = [];
        var conversation = new Conversation(options, new TrafficPaths(options, cluster, notes), cluster.Names);

        long started = Stopwatch.GetTimestamp();
        TrafficReport report;
        using (CaptureWriter writer = CaptureWriter.Create(options.Output))
        {
            writer.AddNames(cluster.Labels);
            writer.AddInterface(Interface, LinkType.Ethernet);
            WritePackets(writer, conversation, options, progress, cancellation);
            writer.Flush();
            report = conversation.Report() with { FileBytes = writer.BytesWritten };
        }

        return report with
        {
            ElapsedSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            CaptureSeconds = (double)options.Packets / options.PacketsPerSecond,
            Notes = [.. notes],
            Damage = [.. snapshot.Findings.Where(one => one.Severity == Severity.Damage).Select(one => one.ToString())],
        };
    }

    private static void WritePackets(
        CaptureWriter writer,
        Conversation conversation,
        TrafficOptions options,
        Action<long> progress,
        CancellationToken cancellation)
    {
        var random = new SplitMix(options.Seed);
        var pick = new FlowPick(options.Flows, options.Distribution);
        for (long packet = 0; packet < options.Packets; packet++)
        {
            ReadOnlySpan<byte> frame = conversation.Next(pick.Next(ref random), ref random);
            (long seconds, long rest) = Math.DivRem(packet, options.PacketsPerSecond);
            long sinceSecond = rest * NanosecondsPerSecond / options.PacketsPerSecond;
            long time = FirstNanosecond + seconds * NanosecondsPerSecond + sinceSecond;
            writer.Write(order: 0, interfaceIndex: 0, time, frame, frame.Length, default);
            if (packet % CommitEvery != 0) continue;

            writer.Commit();
            progress(packet);
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
