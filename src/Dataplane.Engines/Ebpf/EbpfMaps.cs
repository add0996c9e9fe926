using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>One node's load-balancing maps, as <c>cilium bpf lb list</c> would read them.</summary>
public sealed record EbpfMaps(ImmutableArray<EbpfServiceRow> Services, ImmutableArray<EbpfBackendRow> Backends);

/// <summary>A frontend with its slots.</summary>
public sealed record EbpfServiceRow(EbpfFrontend Frontend, IpAddress Address)
{
    /// <summary>Number of its reverse NAT.</summary>
    public ushort Id { get; init; }

    public LbServiceFlags Flags { get; init; }

    public LbServiceFlags2 Flags2 { get; init; }

    public int Count { get; init; }

    public int QuarantinedCount { get; init; }

    /// <summary>Slots from 1 on.</summary>
    public ImmutableArray<uint> Backends { get; init; } = [];

    /// <summary>How many entries of its Maglev table each backend has; empty where the choice is random.</summary>
    public ImmutableArray<(uint Backend, int Entries)> MaglevShares { get; init; } = [];
}

/// <summary>A backend that the node knows.</summary>
public sealed record EbpfBackendRow(uint Id, EbpfBackend Backend, LbBackendState State);
