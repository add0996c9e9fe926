namespace Dataplane.Core;

/// <summary>
/// Services, looked up as one proxy really does it: a struct over tables that are shared and do not change, and over
/// what the proxy remembers from packet to packet, which only <see cref="Commit"/> and <see cref="Follow"/> move (an
/// iptables walk itself moves what its rules count). The same query, memory and draw give the same verdict.
/// </summary>
public interface IServiceEngine
{
    static abstract string Name { get; }

    /// <summary>
    /// Whether the proxy keeps account of connections itself, and so has to see all of their packets.
    /// </summary>
    static abstract bool FollowsConnections { get; }

    /// <summary>
    /// Whether any destination may be translated; otherwise Services' addresses and the node's own alone.
    /// </summary>
    bool TranslatesAnything { get; }

    /// <summary>Sends for what a look-up of this key will read first; a hint that changes nothing.</summary>
    void Prefetch(in FlowKey key);

    /// <summary>
    /// The backend that a look-up would probably give, so that what belongs to it can be sent for before it is asked;
    /// 0: none, or the engine's look-up is no chain of cache misses. A hint that changes nothing.
    /// </summary>
    uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw);

    /// <summary>The address (a name) of a backend that was foreseen.</summary>
    uint AddressOf(uint backend);

    /// <summary>What the node's proxy makes of the first packet of a connection.</summary>
    ServiceVerdict Lookup(in ServiceQuery query, in ServiceState state, ref Draw draw);

    /// <summary>
    /// The connection that the verdict asked for stands: schedulers and the proxy's own connections move on.
    /// </summary>
    void Commit(in ServiceQuery query, in ServiceVerdict verdict, in ServiceState state);

    /// <summary>
    /// A later packet of a connection through a Service; asked only if <see cref="FollowsConnections"/>.
    /// </summary>
    /// <param name="query">The packet, with the connection's key as its first packet had it.</param>
    /// <param name="isReply">It goes back to the client.</param>
    /// <param name="state">Time and memory.</param>
    void Follow(in ServiceQuery query, bool isReply, in ServiceState state);
}

/// <summary>A packet as a proxy sees it; the key's zone is the node.</summary>
public readonly ref struct ServiceQuery(in FlowKey key)
{
    public readonly ref readonly FlowKey Key = ref key;

    /// <summary>How the packet came to the node.</summary>
    public Entry Entry { get; init; } = Entry.PodVeth;

    public byte TcpFlags { get; init; }

    /// <summary>Bytes with the IP header.</summary>
    public int Length { get; init; }

    public Place Source { get; init; }

    public Place Destination { get; init; }
}

/// <summary>What a look-up may depend on besides key and tables; owned by the stage that asks.</summary>
public readonly ref struct ServiceState(long now, AffinityMap affinity)
{
    /// <summary>Capture time, nanoseconds.</summary>
    public readonly long Now = now;

    /// <summary>Which client was sent where; read by the engine, written by the stage.</summary>
    public readonly AffinityMap Affinity = affinity;
}

/// <summary>The answer of a look-up.</summary>
public enum ServiceOutcome : byte
{
    /// <summary>The destination is no Service's frontend.</summary>
    NotService,

    /// <summary>Translate to <see cref="ServiceVerdict.BackendAddress"/>.</summary>
    Backend,

    /// <summary>A frontend without a usable backend: refused with port-unreachable.</summary>
    NoBackend,

    /// <summary>Let go without a word, for <see cref="ServiceVerdict.Drop"/>.</summary>
    Denied,
}

/// <summary>
/// How a masqueraded connection comes to its source port (net/netfilter/nf_nat_core.c, get_unique_tuple).
/// </summary>
public enum SourcePorts : byte
{
    /// <summary>Drawn, as <c>--random-fully</c> has it.</summary>
    Random,

    /// <summary>As it is, unless the reply would be another connection's: then drawn.</summary>
    KeptIfFree,

    /// <summary>As it is.</summary>
    Kept,
}

/// <summary>The backend that a Service gave; addresses are names (see <see cref="FlowKey"/>).</summary>
public struct ServiceVerdict
{
    public ServiceOutcome Outcome;

    /// <summary>
    /// Why, where it is <see cref="ServiceOutcome.Denied"/> or
    /// <see cref="ServiceOutcome.NoBackend"/>; None: no endpoint.
    /// </summary>
    public DropReason Drop;

    /// <summary>The node gives the connection a source of its own.</summary>
    public bool Masquerade;

    /// <summary>
    /// Another node has the backend, and answers by itself: nobody gives the connection a source here.
    /// </summary>
    public bool ReturnsDirectly;

    public SourcePorts SourcePorts;

    public ushort BackendPort;

    /// <summary>The source of a masqueraded connection; 0: that of the interface it leaves by.</summary>
    public uint MasqueradeAddress;

    public uint BackendAddress;

    /// <summary>The engine's number of the backend, for affinity.</summary>
    public uint Backend;

    /// <summary>The engine's number of the frontend; 0 where there is none.</summary>
    public uint Service;

    /// <summary>sessionAffinity's timeout in nanoseconds; 0: none, nothing to remember.</summary>
    public long AffinityTimeout;
}
