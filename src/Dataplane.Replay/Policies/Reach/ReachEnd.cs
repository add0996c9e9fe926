using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Somebody who sends or receives, as policies see him.</summary>
/// <param name="Name"><c>namespace/pod</c>, or an address.</param>
/// <param name="Address">The first of a pod; of a pod of the host's network, its node's.</param>
public sealed record ReachEnd(string Name, IpAddress Address)
{
    /// <summary>Of the policies' model; −1 for nodes and the world outside.</summary>
    public int Identity { get; init; } = -1;

    /// <summary>Position in the snapshot's pods; −1 where it is none.</summary>
    public int Pod { get; init; } = -1;

    /// <summary>The pod's node, or the node itself; empty where it is unknown.</summary>
    public string Node { get; init; } = "";

    /// <summary>Traffic of a node: of its own, or of a pod of its network.</summary>
    public bool IsNode { get; init; }
}
