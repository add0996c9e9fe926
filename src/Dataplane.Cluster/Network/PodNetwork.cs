using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Network;

/// <summary>One pod on the network.</summary>
public sealed record PodNetwork
{
    public required Pod Pod { get; init; }

    /// <summary>Position in <see cref="NetworkModel.Nodes"/>.</summary>
    public required int Node { get; init; }

    public IpAddress V4 { get; init; }

    public IpAddress V6 { get; init; }

    public MacAddress Mac { get; init; }

    /// <summary>Whether the MAC is known (a setting); a made-up one gives way to what the capture shows.</summary>
    public bool MacKnown { get; init; }

    /// <summary>The pod's identity or NetID, where <see cref="TunnelIdSource.Sender"/> asks for it.</summary>
    public uint TunnelId { get; init; }

    /// <summary>Key of the pod's port on its logical switch (OVN).</summary>
    public ushort PortKey { get; init; }

    /// <summary>Key of that switch, where it is not the node's.</summary>
    public uint? SwitchKey { get; init; }

    /// <summary>
    /// MAC of the veth's end on the node, where pods are routed; null: what the capture shows, else the bridge's.
    /// </summary>
    public MacAddress? VethMac { get; init; }
}
