namespace Dataplane.Core;

/// <summary>
/// NetworkPolicies, enforced as one CNI really does it: a struct over tables that are shared and do not change. The
/// same query gives the same verdict; connections are the stage's.
/// </summary>
public interface IPolicyEngine
{
    static abstract string Name { get; }

    /// <summary>
    /// Whether a change of policies reaches connections that stand (Cilium, OVN: packets of the original direction are
    /// judged again); otherwise only what nobody has answered yet is judged (Calico accepts what conntrack calls
    /// established in front of all policies).
    /// </summary>
    static abstract bool JudgesEstablished { get; }

    /// <summary>Whether one direction of one pod's traffic may pass.</summary>
    PolicyVerdict Judge(in PolicyQuery query);
}

/// <summary>One direction of one packet, as it is behind translation of its destination.</summary>
public readonly ref struct PolicyQuery(in FlowKey key)
{
    public readonly ref readonly FlowKey Key = ref key;

    public required PolicyDirection Direction { get; init; }

    /// <summary>
    /// The pod that is judged: endpoint of the topology. Egress: the source; ingress: the destination.
    /// </summary>
    public required int Endpoint { get; init; }

    /// <summary>The other side: a pod's endpoint, a node, something outside.</summary>
    public required Place Peer { get; init; }

    /// <summary>The packet went to a Service's address.</summary>
    public bool IsToService { get; init; }
}

public enum PolicyDirection : byte
{
    Ingress,
    Egress,
}

/// <summary>May it pass, and which rule said so.</summary>
/// <param name="IsAllowed">It may.</param>
/// <param name="Rule">Number of the rule in the policies' own list, or one of the constants.</param>
public readonly record struct PolicyVerdict(bool IsAllowed, int Rule)
{
    /// <summary>No policy selects the pod in this direction (or all that do passed it on).</summary>
    public const int NotIsolated = -1;

    /// <summary>Policies select the pod, and no rule of theirs allows it.</summary>
    public const int DefaultDeny = -2;

    /// <summary>From the pod's own node, or from the pod to itself: never judged.</summary>
    public const int NeverJudged = -3;

    /// <summary>
    /// A tunnel's packet from a pod, which could carry anything past policies: refused whatever they say.
    /// </summary>
    public const int TunnelFromPod = -4;

    /// <summary>The other pod is in another network than this one, and neither in the one that reaches all.</summary>
    public const int OtherNetwork = -5;
}
