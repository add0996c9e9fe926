using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Flows of a capture that would be dropped and were not, or the other way round, for one reason.</summary>
/// <param name="From"><c>namespace/pod</c>, or an address.</param>
/// <param name="To">The same, behind translation.</param>
/// <param name="Port">Of the destination, behind translation; 0 for a protocol without ports.</param>
/// <param name="Flows">Different source ports.</param>
/// <param name="Packets">Records that are dropped on one side alone.</param>
/// <param name="Was">Before: why it was dropped, or what let it pass.</param>
/// <param name="Is">After.</param>
public sealed record FlowChange(
    string From, string To, ReachPort Port, int Flows, long Packets, PolicyOutcome Was, PolicyOutcome Is)
{
    /// <summary>Newly; otherwise newly allowed.</summary>
    public bool IsDropped => !Is.IsAllowed;

    /// <summary>The side whose line does it.</summary>
    public PolicyOutcome Cause => PolicyOutcome.CauseOf(Was, Is);
}
