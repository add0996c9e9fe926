namespace Dataplane.Cluster.Settings;

/// <summary>What <c>--set link.…</c> says of the nodes' underlay interfaces; null where nothing was said.</summary>
public sealed record LinkSettings
{
    public static readonly LinkSettings None = new();

    /// <summary>Linux's <c>txqueuelen</c> for Ethernet (net/ethernet/eth.c, DEFAULT_TX_QUEUE_LEN).</summary>
    public const int DefaultQueue = 1000;

    /// <summary>Bits a second.</summary>
    public long? Rate { get; init; }

    /// <summary>Frames that may wait.</summary>
    public int? Queue { get; init; }

    /// <summary>Nanoseconds.</summary>
    public long? Delay { get; init; }
}
