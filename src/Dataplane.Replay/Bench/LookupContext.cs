using Dataplane.Core;

namespace Dataplane.Replay.Bench;

/// <summary>What look-ups need besides keys: the places of addresses, and what clients are remembered by.</summary>
public sealed class LookupContext(Topology topology, AffinityMap affinity)
{
    public AffinityMap Affinity => affinity;

    public uint Seed => topology.Seed;

    /// <summary>A datagram of a pod, as the Select stage describes it.</summary>
    public ServiceQuery QueryOf(in FlowKey key) => new(in key)
    {
        Length = ServiceTraffic.FrameSize,
        Source = topology.Map.FindV4(key.Source),
        Destination = topology.Map.FindV4(key.Destination),
    };
}
