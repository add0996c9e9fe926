using System.Collections.Immutable;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Where a packet arrives behind translation.</summary>
/// <param name="End">Position among the judge's ends; −1 where a Service has no endpoint.</param>
/// <param name="OnlyFromNode">The Service's traffic policy is Local: pods of this node alone
/// come here; null: all do.</param>
public readonly record struct ReachHop(int End, ReachPort Port, string? OnlyFromNode = null);

/// <summary>A destination as it is asked for: a pod's port, a Service's, an address outside.</summary>
/// <param name="Name"><c>namespace/pod</c>, <c>svc/namespace/name</c> or an address.</param>
/// <param name="Port">As the sender writes it.</param>
/// <param name="Hops">One for a pod, one for each endpoint of a Service.</param>
public sealed record ReachTarget(string Name, ReachPort Port, ImmutableArray<ReachHop> Hops)
{
    public bool IsService { get; init; }
}

/// <summary>One hop of one target, ready to be judged.</summary>
/// <param name="Target">Position among the matrix's targets.</param>
/// <param name="PortNumber">The judge's number of the port behind translation.</param>
public readonly record struct ReachColumn(int Target, ReachHop Hop, int PortNumber, bool IsService);
