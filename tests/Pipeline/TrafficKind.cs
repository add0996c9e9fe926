using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Tests.Pipeline;

/// <summary>One kind of packets, and what must become of at least the first of them.</summary>
public sealed record TrafficKind(string Name, IReadOnlyList<byte[]> Frames, Verdict Verdict)
{
    public DropReason Drop { get; init; }

    public IgnoreReason Ignored { get; init; }

    public LinkType LinkType { get; init; } = LinkType.Ethernet;

    /// <summary>Bytes that the snap length cut off every frame.</summary>
    public int Missing { get; init; }

    /// <summary>Every pass over the frames is of flows that were never seen.</summary>
    public bool AlwaysNew { get; init; }

    public override string ToString() => Name;
}
