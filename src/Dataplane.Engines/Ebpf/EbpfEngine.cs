using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Engines.Explanation;

namespace Dataplane.Engines.Ebpf;

/// <summary>Services as Cilium's programs look them up on a miss in their connections (<c>bpf/lib/lb.h</c>).</summary>
public readonly struct EbpfEngine(EbpfTables tables) : IExplainingEngine
{
    public static string Name => "ebpf";

    public static bool FollowsConnections => false;

    public bool TranslatesAnything => false;

    public void Prefetch(in FlowKey key) => tables.Prefetch(in key);

    public uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw) =>
        tables.Foresee(in key, in state, ref draw);

    public uint AddressOf(uint backend) => tables.BackendEntry(backend).Address;

    public ServiceVerdict Lookup(in ServiceQuery query, in ServiceState state, ref Draw draw) =>
        tables.Lookup(in query, in state, ref draw);

    public ServiceVerdict Explain(
        in ServiceQuery query, in ServiceState state, ref Draw draw, ICollection<LookupStep> steps)
    {
        ServiceVerdict verdict = tables.Lookup(in query, in state, ref draw);
        EbpfExplanation.Tell(tables, in query.Key, in verdict, steps);
        return verdict;
    }

    public void Commit(in ServiceQuery query, in ServiceVerdict verdict, in ServiceState state)
    {
    }

    public void Follow(in ServiceQuery query, bool isReply, in ServiceState state)
    {
    }
}
