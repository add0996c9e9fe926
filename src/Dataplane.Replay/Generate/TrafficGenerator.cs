using System.Diagnostics;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>
/// Writes a capture of a cluster's pods as seen at the clients' veths (connections from handshake to FIN,
/// datagrams, DNS, scans), or what the emulated cluster makes of it between its nodes. The same options and
/// manifests give the same bytes.
/// </summary>
public static class TrafficGenerator
{
    private const int CommitEvery = 256;
    private const string Interface = "pods";

    /// <param name="options">What to send, and where it is written.</param>
    /// <param name="prepared">Called when the manifests are read, before the capture is opened.</param>
    /// <param name="progress">Called now and then with the number of packets.</param>
    /// <param name="cancellation">Ends it with what was written.</param>
    /// <exception cref="InvalidDataException">The manifests have nobody who could send, or too few
    /// for so many flows.</exception>
    public static TrafficReport Run(
        TrafficOptions options, Action prepared, Action<long> progress, CancellationToken cancellation)
    {
        OutputPaths.Check(new ReplayOptions { Manifests = options.Manifests, Captures = [], Output = options.Output });
        ClusterSnapshot snapshot = ManifestReader.Read(options.Manifests, cancellation: cancellation);
        var cluster = TrafficCluster.Of(snapshot, string.Join(", ", options.Manifests));
        prepared();
        long started = Stopwatch.GetTimestamp();
        TrafficReport report = options.Encapsulated
            ? TrafficBetweenNodes.Write(options, snapshot, cluster, progress, cancellation)
            : Write(options, cluster, progress, cancellation);
        return report with
        {
            ElapsedSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            CaptureSeconds = (double)options.Packets / options.PacketsPerSecond,
            Damage = [.. snapshot.Findings.Where(one => one.Severity == Severity.Damage).Select(one => one.ToString())],
        };
    }

    private static TrafficReport Write(
        TrafficOptions options, TrafficCluster cluster, Action<long> progress, CancellationToken cancellation)
    {
        List<string> notes = [];
        var conversation = new Conversation(options, new TrafficPaths(options, cluster, notes), cluster.Names);
        var source = new TrafficSource(options, conversation);
        using var writer = CaptureWriter.Create(options.Output);
        writer.AddNames(cluster.Labels);
        writer.AddInterface(Interface, LinkType.Ethernet);
        while (!source.IsDone)
        {
            ReadOnlySpan<byte> frame = source.Next(out long timestamp);
            writer.Write(order: 0, interfaceIndex: 0, timestamp, frame, frame.Length, default);
            if (source.Packets % CommitEvery != 1) continue;

            writer.Commit();
            progress(source.Packets);
            cancellation.ThrowIfCancellationRequested();
        }

        writer.Flush();
        return conversation.Report() with
        {
            FramesWritten = source.Packets,
            FileBytes = writer.BytesWritten,
            Notes = [.. notes],
        };
    }
}
