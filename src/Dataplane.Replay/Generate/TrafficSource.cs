using Dataplane.Cluster.Synthetic;

namespace Dataplane.Replay.Generate;

/// <summary>The packets of a capture, one after the other, with their times.</summary>
internal sealed class TrafficSource(TrafficOptions options, Conversation conversation)
{
    private const long FirstNanosecond = 1_767_225_600L * NanosecondsPerSecond;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly FlowPick _pick = new(options.Flows, options.Distribution);
    private SplitMix _random = new(options.Seed);

    /// <summary>Given so far.</summary>
    public long Packets { get; private set; }

    public bool IsDone => Packets == options.Packets;

    /// <summary>The frame is good until the next call.</summary>
    public ReadOnlySpan<byte> Next(out long timestamp)
    {
        (long seconds, long rest) = Math.DivRem(Packets, options.PacketsPerSecond);
        long sinceSecond = rest * NanosecondsPerSecond / options.PacketsPerSecond;
        timestamp = FirstNanosecond + (seconds * NanosecondsPerSecond) + sinceSecond;
        Packets++;
        return conversation.Next(_pick.Next(ref _random), ref _random);
    }
}
