namespace Dataplane.Engines.Iptables;

/// <summary>A compiled <c>-m recent</c>.</summary>
internal sealed class RecentRule
{
    public required int List { get; init; }

    public required RecentMode Mode { get; init; }

    public required bool IsDestination { get; init; }

    public required UInt128 Mask { get; init; }

    /// <summary><c>--seconds</c> in nanoseconds; 0: any age.</summary>
    public long Age { get; init; }

    public uint HitCount { get; init; }

    public bool Reaps { get; init; }
}

/// <summary>What a <c>recent</c> match does with its list.</summary>
internal enum RecentMode : byte
{
    Set,
    Check,
    Update,
    Remove,
}
