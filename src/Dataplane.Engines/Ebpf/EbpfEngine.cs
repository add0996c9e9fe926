using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>Services as Cilium's programs look them up on a miss in their connections (<c>bpf/lib/lb.h</c>).</summary>
public readonly struct EbpfEngine(EbpfTables tables) : IServiceEngine
{
    public static string Name => "ebpf";

    public void Prefetch(in FlowKey key) => tables.Prefetch(in key);

    public uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw) => tables.Foresee(in key, in state, ref draw);

    public uint AddressOf(uint backend) => tables.BackendEntry(backend).Address;

    public ServiceVerdict Lookup(in FlowKey key, in ServiceState state, ref Draw draw) =>
        tables.Lookup(in key, in state, ref draw);
}
