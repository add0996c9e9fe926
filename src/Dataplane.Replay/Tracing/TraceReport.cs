using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Dataplane.Replay.Tracing;

/// <summary>One packet's way, and its reply's; the JSON of <c>dataplane trace</c>.</summary>
public sealed record TraceReport
{
    public int SchemaVersion { get; init; } = 1;

    public required string Verdict { get; init; }

    /// <summary>Why it was dropped or ignored; null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>The stage that dropped it; null otherwise.</summary>
    public string? Stage { get; init; }

    /// <summary>The node that dropped, answered or delivered it.</summary>
    public string? Node { get; init; }

    /// <summary>The policy that denied it, or came closest to allowing it; null where none did.</summary>
    public string? Policy { get; init; }

    /// <summary>The rule that dropped or translated it.</summary>
    public string? Rule { get; init; }

    /// <summary>
    /// The manifest's line: of the policy's rule that dropped it, else of the Service or pod that it was sent to.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>
    /// Number of the capture's packet that this one shows again at another point; null where it shows none.
    /// </summary>
    public long? Shows { get; init; }

    public required string Sentence { get; init; }

    public required string Cni { get; init; }

    public required string Proxy { get; init; }

    public required TraceTuple Sent { get; init; }

    /// <summary>Where it arrived; null where it did not.</summary>
    public TraceTuple? Delivered { get; init; }

    public ImmutableArray<TraceFrame> Wire { get; init; } = [];

    public ImmutableArray<TraceStep> Steps { get; init; } = [];

    /// <summary>
    /// The way back of what the receiver answers; null where nobody does, or the packet is a capture's.
    /// </summary>
    public TraceReply? Reply { get; init; }

    [JsonIgnore]
    public ImmutableArray<string> Notes { get; init; } = [];

    [JsonIgnore]
    public ImmutableArray<string> Damage { get; init; } = [];
}

/// <summary>The synthetic answer: what the receiver sends, and as what it arrives.</summary>
public sealed record TraceReply(string Verdict, string? Reason, TraceTuple Sent, TraceTuple? Delivered)
{
    public ImmutableArray<TraceFrame> Wire { get; init; } = [];

    public ImmutableArray<TraceStep> Steps { get; init; } = [];
}

/// <summary>A packet's addresses and ports at one place; ports are 0 for ICMP.</summary>
public sealed record TraceTuple(string Src, string Dst, ushort SrcPort, ushort DstPort, string Protocol)
{
    /// <summary><c>namespace/name</c>, where a pod has it.</summary>
    public string? Pod { get; init; }
}

/// <summary>A frame on the underlay; the tunnel's fields are null where it goes without.</summary>
public sealed record TraceFrame(string Node, string OuterSrc, string OuterDst, string Frame)
{
    public string? Tunnel { get; init; }

    public uint? TunnelId { get; init; }

    public ushort? DstPort { get; init; }
}

/// <summary>One step: who did what, and to what end.</summary>
public sealed record TraceStep(string? Node, string? Device, string Stage, string Action, string Detail)
{
    /// <summary>Of rules, buckets and map entries: whether it matched; null for other steps.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Matched { get; init; }
}
