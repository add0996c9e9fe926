using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// One row of OVN's ACL table as ovn-kubernetes writes it, its expression taken apart: a port group, an address set or
/// blocks, protocols and ports.
/// </summary>
/// <param name="Tier">1 AdminNetworkPolicy, 2 NetworkPolicy, 3 baseline.</param>
/// <param name="Priority">Within the tier the higher is asked first.</param>
/// <param name="Action">allow-related, drop, or pass.</param>
/// <param name="Rule">The rule that it stands for, or the default deny.</param>
internal sealed record Acl(int Tier, int Priority, PolicyAction Action, int Rule)
{
    public const int AllowPriority = 1001;
    public const int DenyPriority = 1000;
    public const int FirstBaselinePriority = 1750;

    /// <summary>AdminNetworkPolicies have a hundred each, from here down.</summary>
    public const int FirstAdminPriority = 30_000;

    public const int PrioritiesOfAdmin = 100;

    /// <summary>Identities of the pods whose ports are in the group.</summary>
    public required ImmutableArray<int> Subjects { get; init; }

    public bool AnyPeer { get; init; }

    /// <summary>Identities of the pods whose addresses are in the set.</summary>
    public ImmutableArray<int> PeerIdentities { get; init; } = [];

    /// <summary>Blocks without what they leave out.</summary>
    public ImmutableArray<IpPrefix> PeerBlocks { get; init; } = [];

    public bool AnyPort { get; init; }

    public ImmutableArray<PortMatch> Ports { get; init; } = [];
}
