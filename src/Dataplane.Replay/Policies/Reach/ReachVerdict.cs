using Dataplane.Core;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Why somebody may reach somebody, or may not.</summary>
public enum ReachReason : byte
{
    /// <summary>No policy is about either of them in its direction.</summary>
    NotIsolated,

    /// <summary>A rule allows it.</summary>
    AllowedByRule,

    /// <summary>A rule of an admin policy denies it.</summary>
    DeniedByRule,

    /// <summary>Policies are about one of them, and no rule of theirs allows it.</summary>
    DefaultDeny,

    /// <summary>From the pod's own node.</summary>
    NeverJudged,

    /// <summary>The cluster's CNI does not enforce policies.</summary>
    NotEnforced,

    /// <summary>The Service has none that takes connections.</summary>
    NoEndpoints,

    /// <summary>Their networks are kept apart (OpenShift SDN's multitenant mode).</summary>
    OtherNetwork,

    /// <summary>Their namespaces are on one network, or one of them on that which reaches all.</summary>
    SameNetwork,
}

/// <summary>Whether one end may reach another on one port, and the line that decides it.</summary>
/// <param name="Direction">Of the policy that decides.</param>
/// <param name="Policy">Position in the model's policies: under default deny, the first that
/// isolates the pod; else −1.</param>
/// <param name="Rule">Position in the model's rules; −1 where no rule decides.</param>
public readonly record struct ReachVerdict(ReachReason Reason, PolicyDirection Direction, int Policy, int Rule)
{
    public static readonly ReachVerdict NeverJudged = new(ReachReason.NeverJudged, PolicyDirection.Ingress, -1, -1);

    public static readonly ReachVerdict NotIsolated = new(ReachReason.NotIsolated, PolicyDirection.Ingress, -1, -1);

    public static readonly ReachVerdict NotEnforced = new(ReachReason.NotEnforced, PolicyDirection.Ingress, -1, -1);

    public static readonly ReachVerdict NoEndpoints = new(ReachReason.NoEndpoints, PolicyDirection.Ingress, -1, -1);

    /// <summary>
    /// Of two networks: the namespace of the pod that is judged, and the other's; null where networks do not decide.
    /// </summary>
    public (string Judged, string Peer)? Networks { get; init; }

    public bool IsAllowed =>
        Reason is not (ReachReason.DefaultDeny or ReachReason.DeniedByRule or ReachReason.NoEndpoints
            or ReachReason.OtherNetwork);

    /// <summary>As JSON has it: where it is a drop, the drop's name.</summary>
    public string ReasonText => Reason switch
    {
        ReachReason.NotIsolated => "not-isolated",
        ReachReason.AllowedByRule => "allowed-by-rule",
        ReachReason.DeniedByRule => DropReasonText.Name(DropReason.DeniedByRule),
        ReachReason.DefaultDeny => DropReasonText.Name(DropReason.PolicyDenied),
        ReachReason.NeverJudged => "never-judged",
        ReachReason.NotEnforced => "not-enforced",
        ReachReason.OtherNetwork => DropReasonText.Name(DropReason.OtherNetwork),
        ReachReason.SameNetwork => "same-network",
        _ => DropReasonText.Name(DropReason.NoBackend),
    };
}
