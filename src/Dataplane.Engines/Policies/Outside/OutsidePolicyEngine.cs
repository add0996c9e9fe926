using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Outside;

/// <summary>
/// Another engine, and behind it the rules for what leaves the cluster: both have to let a packet pass.
/// </summary>
public readonly struct OutsidePolicyEngine<TPolicy>(TPolicy inner, OutsideTables tables) : IPolicyEngine
    where TPolicy : struct, IPolicyEngine
{
    private readonly TPolicy _inner = inner;

    public static string Name => TPolicy.Name;

    public static bool JudgesEstablished => TPolicy.JudgesEstablished;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge(in PolicyQuery query)
    {
        PolicyVerdict verdict = _inner.Judge(in query);
        bool mayLeave = verdict.IsAllowed && query.Direction == PolicyDirection.Egress
            && query.Peer.Kind is PlaceKind.Outside or PlaceKind.Node;
        return mayLeave ? tables.Judge(in query, verdict) : verdict;
    }
}
