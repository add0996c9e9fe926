using Dataplane.Core;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// What a sender writes for one packet into the tunnel's header and the inner Ethernet header: one
/// implementation for each way that CNIs have.
/// </summary>
internal unsafe interface ITunnelFilling
{
    /// <summary>
    /// Bytes between the outer IP header and the inner one: UDP, tunnel header, its option, Ethernet.
    /// </summary>
    static abstract int Size { get; }

    /// <summary>
    /// The Ethernet header in front of the packet stays where it is; otherwise it comes from the template.
    /// </summary>
    static abstract bool KeepsFrame { get; }

    /// <summary>
    /// Writes the fields that are the packet's; gives the ones' complement sum of what the outer
    /// UDP checksum covers of them.
    /// </summary>
    /// <param name="lane">The packet.</param>
    /// <param name="header">The VXLAN or Geneve header.</param>
    /// <param name="ethernet">The inner Ethernet header.</param>
    /// <param name="topology">The cluster.</param>
    /// <param name="to">The receiving node; its <see cref="PeerEntry.OuterUdpSum"/> is added by the caller.</param>
    static abstract uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to);
}
