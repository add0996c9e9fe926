using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>One end of a trace as it was named: its addresses, and what it says about ports.</summary>
internal sealed record TraceEnd(string Name, ImmutableArray<IpAddress> Addresses)
{
    /// <summary>0: it says nothing.</summary>
    public ushort Port { get; init; }

    /// <summary>0: it says nothing.</summary>
    public byte Protocol { get; init; }

    /// <summary>Where the manifests have it; null for an address.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>Why no port follows from it; null where one does, or none is needed.</summary>
    public string? PortQuestion { get; init; }
}
