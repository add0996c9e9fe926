namespace Dataplane.Core;

/// <summary>
/// Services, looked up as one proxy really does it. A struct over shared tables that holds no state: the same key, tables,
/// state and draw give the same verdict, so a look-up can be repeated, traced and compared with another engine's.
/// </summary>
public interface IServiceEngine
{
    static abstract string Name { get; }

    /// <summary>Sends for what a look-up of this key will read first; a hint that changes nothing.</summary>
    void Prefetch(in FlowKey key);

    /// <summary>
    /// The backend that a look-up would probably give, so that what belongs to it can be sent for before it is asked; 0:
    /// none, or the engine's look-up is no chain of cache misses. A hint that changes nothing.
    /// </summary>
    uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw);

    /// <summary>The address (a name) of a backend that was foreseen.</summary>
    uint AddressOf(uint backend);

    /// <summary>Asks for a backend for the first packet of a connection.</summary>
    ServiceVerdict Lookup(in FlowKey key, in ServiceState state, ref Draw draw);
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

    /// <summary>A frontend without a usable backend.</summary>
    NoBackend,
}

/// <summary>The backend that a Service gave; addresses are names (see <see cref="FlowKey"/>).</summary>
public struct ServiceVerdict
{
    public ServiceOutcome Outcome;

    public ushort BackendPort;

    public uint BackendAddress;

    /// <summary>The engine's number of the backend, for affinity.</summary>
    public uint Backend;

    /// <summary>The engine's number of the frontend; 0 where there is none.</summary>
    public uint Service;

    /// <summary>sessionAffinity's timeout in nanoseconds; 0: none, nothing to remember.</summary>
    public long AffinityTimeout;
}
