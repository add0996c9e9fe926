using System.Collections.Immutable;

namespace Dataplane.Replay.Diff;

/// <summary>How frames of the two captures find each other.</summary>
public enum FrameMatch : byte
{
    /// <summary>First with first, second with second.</summary>
    Order,

    /// <summary>
    /// By the innermost IP packet: its header without TTL and checksum, and its transport header and payload.
    /// Equal ones are matched in order. Frames without IP are matched by all their fields.
    /// </summary>
    Inner,
}

/// <summary>What <c>dataplane diff</c> was asked to do.</summary>
public sealed record DiffOptions
{
    public required string Ours { get; init; }

    public required string Reference { get; init; }

    public FrameMatch By { get; init; }

    /// <summary>Beside <see cref="FieldFilter.Expected"/>.</summary>
    public ImmutableArray<string> Ignore { get; init; } = [];

    /// <summary>Not empty: only these fields, also if they are expected to differ.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Beside 8472, which is always VXLAN.</summary>
    public ImmutableArray<TunnelPort> TunnelPorts { get; init; } = [];

    /// <summary>Dissect with our own parser instead of tshark.</summary>
    public bool Native { get; init; }

    /// <summary>Give every frame its bytes, for who writes it again.</summary>
    public bool KeepRecords { get; init; }

    /// <summary>
    /// By inner packet: frames of each capture that wait for their partner in memory; more wait in a temporary file.
    /// </summary>
    public int MostWaitingInMemory { get; init; } = 1024;
}

/// <summary>A field that differs; null on the side that does not have it. Frames are numbered from 1.</summary>
public sealed record FieldDifference(long Frame, long ReferenceFrame, string Field, string? Ours, string? Reference);

/// <summary>Fields that differed in so many frames and were left out by this name.</summary>
public sealed record IgnoredField(string Field, long Frames);

/// <summary>Pairs of frames in which a field differs.</summary>
public sealed record FieldCount(string Field, long Frames);

/// <summary>The sums of a comparison; the differences themselves were given out while it ran.</summary>
public sealed record DiffSummary
{
    /// <summary>Pairs of frames.</summary>
    public long Compared { get; init; }

    public long Equal { get; init; }

    /// <summary>Frame numbers that found no partner.</summary>
    public ImmutableArray<long> OnlyOurs { get; init; } = [];

    public ImmutableArray<long> OnlyReference { get; init; } = [];

    /// <summary>The most frequent first.</summary>
    public ImmutableArray<FieldCount> Fields { get; init; } = [];

    public ImmutableArray<IgnoredField> Ignored { get; init; } = [];

    /// <summary>Patterns of --ignore and --only that no field of any frame has, with the nearest name.</summary>
    public ImmutableArray<string> UnknownFields { get; init; } = [];

    /// <summary>One line for each capture that could not be read to its end.</summary>
    public ImmutableArray<string> Damage { get; init; } = [];

    public bool Same => Compared == Equal && OnlyOurs.IsEmpty && OnlyReference.IsEmpty;
}
