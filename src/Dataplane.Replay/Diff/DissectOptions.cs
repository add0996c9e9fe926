using System.Collections.Immutable;

namespace Dataplane.Replay.Diff;

/// <summary>What <c>dataplane diff OUT --dissect</c> was asked to do.</summary>
public sealed record DissectOptions
{
    public required string Capture { get; init; }

    /// <summary>
    /// The capture that was replayed: faults that it had already do not count. Frames find their input by
    /// epb_packetid, the input record's number from 1. Null: faults above the transport do not count.
    /// </summary>
    public string? Input { get; init; }

    /// <summary>Beside 8472, which is always VXLAN.</summary>
    public ImmutableArray<TunnelPort> TunnelPorts { get; init; } = [];
}

/// <summary>Something wrong with a frame, in words.</summary>
public sealed record FrameFault(long Frame, string Fault);

/// <summary>The sums of a check; the faults themselves were given out while it ran.</summary>
public sealed record DissectSummary
{
    public long Frames { get; init; }

    /// <summary>Frames without a fault that counts.</summary>
    public long Good { get; init; }

    /// <summary>Faults that count.</summary>
    public long Faults { get; init; }

    /// <summary>Faults that the input had already.</summary>
    public long InputFaults { get; init; }

    /// <summary>
    /// Faults in what the transport carries, which is the senders' own; counted as faults where an input is given.
    /// </summary>
    public long AboveTransport { get; init; }

    /// <summary>Frames that dissect as a tunnel's.</summary>
    public long Tunnelled { get; init; }

    /// <summary>Frames cut by a snap length: their checksums cannot be checked.</summary>
    public long Cut { get; init; }

    public ImmutableArray<string> Damage { get; init; } = [];
}
