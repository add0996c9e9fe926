using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>Services looked up as Cilium's programs do it on a miss in their connection table (<c>bpf/lib/lb.h</c>).</summary>
public readonly struct EbpfEngine(EbpfTables tables) : IServiceEngine
{
    public static string Name => "ebpf";

    public ServiceVerdict Lookup(in FlowKey key, in ServiceState state, ref Draw draw) =>
        tables.Lookup(in key, in state, ref draw);
}
