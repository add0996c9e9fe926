namespace Dataplane.Replay.Tracing;

/// <summary>What <c>dataplane trace</c> was asked; names and meaning are the command line's.</summary>
public sealed record TraceOptions
{
    /// <summary>
    /// Manifests, proxy, rules, node, entry and settings; the capture, where a packet of one is traced.
    /// </summary>
    public required ReplayOptions Replay { get; init; }

    /// <summary>WHO; null: a packet of the capture.</summary>
    public string? From { get; init; }

    /// <summary>WHERE; null: a packet of the capture.</summary>
    public string? To { get; init; }

    /// <summary>0: what the destination says.</summary>
    public ushort Port { get; init; }

    /// <summary>0: what the destination says, else TCP.</summary>
    public byte Protocol { get; init; }

    public ushort SourcePort { get; init; } = 40000;

    /// <summary>Number of the capture's packet, from 1; those before it go through first.</summary>
    public long Packet { get; init; }
}
