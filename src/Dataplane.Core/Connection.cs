using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>
/// One tracked connection on one node, one cache line. As in Linux, translation is the difference between the two
/// tuples: a packet of the original direction leaves with the reply tuple reversed, and the other way round.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct Connection
{
    public const int Size = 64;

    /// <summary>As the first packet came.</summary>
    public FlowKey Original;

    /// <summary>What replies look like.</summary>
    public FlowKey Reply;

    /// <summary>Capture time, nanoseconds, after which the entry no longer counts.</summary>
    public long Expires;

    /// <summary>Capture time of the first packet.</summary>
    public long Created;

    /// <summary>Where the original direction leads, after translation.</summary>
    public Place Forward;

    /// <summary>The engine's number of the frontend; 0 where no Service was involved.</summary>
    public uint Service;

    /// <summary>The node that has it, where it is a pod; <see cref="Lane.UnknownNode"/> otherwise.</summary>
    public ushort ForwardNode;

    public TcpState State;

    public ConnectionFlags Flags;

    /// <summary>
    /// The tunnel's source port for the original direction; 0: none of its packets has taken a tunnel yet.
    /// </summary>
    public ushort FlowPort;

    /// <summary>The policies' mark when they last let it pass; see PipelineState.</summary>
    public ushort Judged;

    /// <summary>It is found no more; packets of the same burst may still refer to it.</summary>
    public readonly bool IsRemoved => Original.Family == 0;

    /// <summary>Whether either address or port differs between the two directions' tuples.</summary>
    public readonly bool IsTranslated =>
        (Flags & (ConnectionFlags.DestinationTranslated | ConnectionFlags.SourceTranslated)) != 0;
}

/// <summary>What is known of a connection, beside its state.</summary>
[Flags]
public enum ConnectionFlags : byte
{
    None = 0,
    SeenReply = 1,
    Assured = 2,
    DestinationTranslated = 4,
    SourceTranslated = 8,

    /// <summary>
    /// What opens it enters at a pod's veth, as the capture has it, and the pod's MACs are known: see SteadyStage.
    /// </summary>
    Rooted = 16,

    /// <summary>A packet of it has left the node; before that, a drop takes the entry back.</summary>
    Confirmed = 32,

    /// <summary>No Pod object has the address that it comes from.</summary>
    Unlisted = 64,

    /// <summary>
    /// TCP or UDP over IPv4 from here to another node's pod, by the tunnel, the source left as it is: see SteadyStage.
    /// </summary>
    Steady = 128,
}
