using Dataplane.Core;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>One row of OVN's ACL table: to-lport is ingress, from-lport (behind load balancing) is egress.</summary>
/// <param name="Direction">Of the pod's port.</param>
/// <param name="Tier">1 AdminNetworkPolicy, 2 NetworkPolicy, 3 baseline.</param>
/// <param name="Priority">Within the tier.</param>
/// <param name="Action">allow-related, drop, pass.</param>
/// <param name="Rule">Number of the rule that it stands for, or <see cref="PolicyVerdict.DefaultDeny"/>.</param>
public readonly record struct AclRow(PolicyDirection Direction, int Tier, int Priority, PolicyAction Action, int Rule);
