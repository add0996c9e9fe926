using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>OVN's enforcement: tier by tier, the ACL of the highest priority that matches.</summary>
public readonly struct AclPolicyEngine(AclPolicyTables tables) : IPolicyEngine
{
    public static string Name => "acls";

    /// <summary>
    /// Packets of the original direction of a connection that stands are asked for again; replies are not.
    /// </summary>
    public static bool JudgesEstablished => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge(in PolicyQuery query) => tables.Judge(in query);
}
