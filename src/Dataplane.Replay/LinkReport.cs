using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>
/// What the nodes' links did (<c>--set link.rate</c>, <c>link.queue</c>, <c>link.delay</c>), on capture time.
/// </summary>
/// <param name="RateBitsPerSecond">0: no limit.</param>
/// <param name="Queue">Frames that may wait.</param>
/// <param name="DelayNanoseconds">From a frame's departure to its arrival.</param>
/// <param name="Nodes">Those that sent, by name.</param>
public sealed record LinkReport(long RateBitsPerSecond, int Queue, long DelayNanoseconds, ImmutableArray<LinkUse> Nodes)
{
    private const double NanosecondsPerSecond = 1e9;
    private const int BitsPerByte = 8;

    /// <summary>Null where no link is modelled.</summary>
    internal static LinkReport? Of(NodeLinks? links, NetworkModel model)
    {
        if (links is null) return null;

        LinkQueue[] queues = [.. Enumerable.Range(0, model.Nodes.Length).Select(node => links[node])];
        long began = queues.Min(queue => queue.FirstArrival);
        long ended = queues.Max(queue => queue.LastDeparture);
        double span = ended > began ? (double)ended - began : 0;
        (long rate, int limit, long delay) = links.Parameters;
        return new LinkReport(rate, limit, delay,
        [
            .. queues.Index()
                .Where(link => link.Item.Frames + link.Item.Dropped > 0)
                .Select(link => UseOf(model.Nodes[link.Index].Name, link.Item, span)),
        ]);
    }

    private static LinkUse UseOf(string node, LinkQueue queue, double span) => new(
        node,
        queue.Frames,
        queue.WireBytes,
        queue.Dropped,
        span > 0 ? queue.BusyTime / span : 0,
        span > 0 ? queue.InnerBytes * BitsPerByte * NanosecondsPerSecond / span : 0,
        QueueDepth.Of(queue.Depths));
}

/// <summary>One node's link; shares and rates are over the time from the first frame on any link to the last.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Frames">Sent.</param>
/// <param name="WireBytes">Theirs, with padding to 60 bytes and 24 for preamble, check sequence and gap.</param>
/// <param name="Dropped">Packets, for the queue was full.</param>
/// <param name="Utilisation">Share of the time in which the link was sending.</param>
/// <param name="GoodputBitsPerSecond">Bits of the IP packets inside, without tunnels' headers.</param>
/// <param name="QueueDepth">Frames that each frame found waiting.</param>
public sealed record LinkUse(
    string Node, long Frames, long WireBytes, long Dropped, double Utilisation, double GoodputBitsPerSecond,
    QueueDepth QueueDepth);

/// <summary>Frames waiting, as arriving frames find them; those that are dropped find the queue full.</summary>
public sealed record QueueDepth(long Max, double Mean, long P99)
{
    private const double MostShare = 0.99;

    internal static QueueDepth Of(ReadOnlySpan<long> found)
    {
        long frames = 0;
        double sum = 0;
        long max = 0;
        for (int depth = 0; depth < found.Length; depth++)
        {
            frames += found[depth];
            sum += (double)depth * found[depth];
            if (found[depth] > 0) max = depth;
        }

        if (frames == 0) return new QueueDepth(0, 0, 0);

        int p99 = 0;
        for (long below = found[0]; below < MostShare * frames; below += found[p99]) p99++;
        return new QueueDepth(max, sum / frames, p99);
    }
}
