using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// Calico's enforcement: a new connection's packet walks its pod's chain, rule by rule, policy by policy.
/// </summary>
public readonly struct ChainPolicyEngine(ChainPolicyTables tables) : IPolicyEngine
{
    public static string Name => "chains";

    /// <summary>RELATED,ESTABLISHED is accepted in front of all policies.</summary>
    public static bool JudgesEstablished => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge(in PolicyQuery query)
    {
        var trace = default(ChainTraceOff);
        return tables.Judge(in query, ref trace);
    }

    /// <summary>The same question, with somebody who watches.</summary>
    public PolicyVerdict Walk<TTrace>(in PolicyQuery query, ref TTrace trace)
        where TTrace : struct, IChainTrace =>
        tables.Judge(in query, ref trace);
}
