using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Flows of a capture that would be dropped and were not, or the other way round, for one reason.</summary>
/// <param name="From"><c>namespace/pod</c>, or an address.</param>
/// <param name="To">The same, behind translation.</param>
/// <param name="Port">Of the destination, behind translation; 0 for a protocol without ports.</param>
/// <param name="Flows">Different source ports.</param>
/// <param name="Packets">Records that are dropped on one side alone.</param>
/// <param name="IsDropped">Newly; otherwise newly allowed.</param>
/// <param name="Cause">The denial: of the new policies, or of the old ones that is no more.</param>
public sealed record FlowChange(string From, string To, ReachPort Port, int Flows, long Packets, bool IsDropped, PolicyOutcome Cause);
