using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Cilium's enforcement: from address to identity, and from identity, protocol and port to the verdict.
/// </summary>
public readonly struct IdentityPolicyEngine(IdentityPolicyTables tables) : IPolicyEngine
{
    public static string Name => "identities";

    /// <summary>Packets of the original direction are asked for again, each of them; replies are not.</summary>
    public static bool JudgesEstablished => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge(in PolicyQuery query) => tables.Judge(in query);
}
