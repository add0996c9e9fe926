namespace Dataplane.Cluster.Settings;

/// <summary>
/// What hostile input may take at most (<c>--set limit.…</c>); far above what captures of real clusters need.
/// </summary>
public sealed record LimitSettings
{
    /// <summary>IPv6 addresses that a run remembers: some 40 bytes each.</summary>
    public int Addresses { get; init; } = 1 << 24;

    /// <summary>Addresses in podCIDRs without a Pod that a run learns: up to 32 bytes each.</summary>
    public int Unlisted { get; init; } = 1 << 24;

    /// <summary>How many bytes one byte of a compressed capture may become.</summary>
    public int Expansion { get; init; } = 10_000;

    /// <summary>Mebibytes that <c>--preload</c> holds; null: three quarters of the memory that there is.</summary>
    public int? PreloadMebibytes { get; init; }
}
