using System.Collections.Immutable;

namespace Dataplane.Cli;

/// <summary>What <c>dataplane inspect</c> understood.</summary>
public sealed record InspectReport
{
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Null where no manifests were given.</summary>
    public ClusterSummary? Cluster { get; init; }

    public ImmutableArray<CaptureSummary> Captures { get; init; } = [];
}

/// <summary>The cluster in numbers, and what was odd about its manifests.</summary>
public sealed record ClusterSummary
{
    /// <summary>Recognised or given; null where it is not known.</summary>
    public string? Cni { get; init; }

    public ImmutableArray<NodeSummary> Nodes { get; init; } = [];

    public int Namespaces { get; init; }

    public int Pods { get; init; }

    public int HostNetworkPods { get; init; }

    public int TerminatedPods { get; init; }

    public int PodsWithoutAddress { get; init; }

    public int Services { get; init; }

    public int HeadlessServices { get; init; }

    public int ServicePorts { get; init; }

    public int Endpoints { get; init; }

    public int ReadyEndpoints { get; init; }

    public ImmutableArray<string> NetworkPolicies { get; init; } = [];

    /// <summary>How the CNI was recognised, what was assumed or made up.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    public ImmutableArray<UnmodelledSummary> Unmodelled { get; init; } = [];

    public ImmutableArray<FindingSummary> Findings { get; init; } = [];
}

public sealed record NodeSummary(
    string Name, ImmutableArray<string> InternalIps, ImmutableArray<string> PodCidrs, int Pods);

public sealed record UnmodelledSummary(string ApiVersion, string Kind, int Count, string First, bool CanChangeVerdict);

public sealed record FindingSummary(string Severity, string Source, string Text);

/// <summary>A capture in numbers.</summary>
public sealed record CaptureSummary
{
    public required string Name { get; init; }

    public string Format { get; init; } = "";

    public ImmutableArray<InterfaceSummary> Interfaces { get; init; } = [];

    public long Packets { get; init; }

    /// <summary>Original lengths, summed.</summary>
    public long Bytes { get; init; }

    /// <summary>Packets of which only a part was captured.</summary>
    public long Cut { get; init; }

    /// <summary>ISO 8601, UTC, nanoseconds; null without a packet.</summary>
    public string? First { get; init; }

    public string? Last { get; init; }

    public double Seconds { get; init; }

    /// <summary>
    /// By whether source and destination are pods, nodes or services of the manifests; null without manifests.
    /// </summary>
    public AddressCounts? Addresses { get; init; }

    public string? Damage { get; init; }
}

public sealed record InterfaceSummary(string Name, string LinkType, long SnapLength, long Packets);

/// <summary>Packets by what the manifests know of their outermost addresses; the sum is the packet count.</summary>
public sealed record AddressCounts(
    long BothKnown, long SourceKnown, long DestinationKnown, long NeitherKnown, long NotIp);
