using System.Collections.Immutable;

namespace Dataplane.Cluster.Settings;

/// <summary>
/// Tunnel keys as ovn-sbctl shows them (Datapath_Binding and Port_Binding), for nodes and pods by name.
/// </summary>
public sealed record OvnKeys
{
    public static readonly OvnKeys None = new();

    /// <summary>Of the node's logical switch.</summary>
    public ImmutableDictionary<string, uint> Switches { get; init; } = ImmutableDictionary<string, uint>.Empty;

    /// <summary>Of the router's port on that switch (stor-NODE).</summary>
    public ImmutableDictionary<string, uint> RouterPorts { get; init; } = ImmutableDictionary<string, uint>.Empty;

    /// <summary>Of the node's port on the transit switch (tstor-NODE).</summary>
    public ImmutableDictionary<string, uint> TransitPorts { get; init; } = ImmutableDictionary<string, uint>.Empty;

    /// <summary>Of the gateway router's port on the join switch (jtor-GR_NODE), where all nodes are one zone.</summary>
    public ImmutableDictionary<string, uint> JoinPorts { get; init; } = ImmutableDictionary<string, uint>.Empty;

    /// <summary>Of the join switch; null: numbered.</summary>
    public uint? JoinSwitch { get; init; }

    /// <summary>Of the pod's port on its switch, by <c>namespace/name</c>.</summary>
    public ImmutableDictionary<string, uint> PodPorts { get; init; } = ImmutableDictionary<string, uint>.Empty;
}
