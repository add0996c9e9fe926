using System.Globalization;
using Dataplane.Capture;
using Dataplane.Cluster.Model;

namespace Dataplane.Replay.Generate;

/// <summary>Sends made-up traffic through the emulated cluster, and writes what its nodes send each other.</summary>
internal static class TrafficBetweenNodes
{
    private const string Name = "generated";

    public static TrafficReport Write(
        TrafficOptions options, ClusterSnapshot snapshot, TrafficCluster cluster, Action<long> progress,
        CancellationToken cancellation)
    {
        var replay = new ReplayOptions { Manifests = options.Manifests, Cni = options.Cni, Output = options.Output };
        using var emulation = Emulation.Compile(snapshot, replay);
        List<string> notes = [.. emulation.Notes];
        int mtu = options.Mtu ?? emulation.Model.Nodes.Min(node => node.PodMtu);
        if (options.FrameSize - TrafficOptions.FrameOverhead > mtu)
            notes.Add(Text($"frames of {options.FrameSize} bytes are cut to what pods may send: packets of {mtu} (--mtu says another)"));

        TrafficOptions sent = options with { Mtu = mtu };
        var conversation = new Conversation(sent, new TrafficPaths(sent, cluster, notes), cluster.Names);
        using var capture = new GeneratedCapture(new TrafficSource(sent, conversation), Name);
        ReplayReport run = ReplayRunner.Run(emulation, capture, replay, new Observer(progress), cancellation);
        cancellation.ThrowIfCancellationRequested();
        return conversation.Report() with
        {
            FramesWritten = run.FramesWritten,
            Encapsulated = run.Encapsulated,
            Cni = run.Cni,
            FileBytes = options.Output == CaptureFile.StandardStream ? 0 : new FileInfo(options.Output).Length,
            Notes = [.. notes, .. run.Drops.Select(drop =>
                Text($"{drop.Packets} packets were dropped at {drop.Node}: {drop.Reason}"))],
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Observer(Action<long> progress) : IReplayObserver
    {
        public void Started(long totalBytes, long totalRecordsOrMinusOne)
        {
        }

        public void Progress(long packets, long bytesRead) => progress(packets);

        public void Warn(string line)
        {
        }
    }
}
