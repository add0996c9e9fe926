using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>One packet on its way through a burst: its bytes, what was read from them, and what was decided.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct Lane
{
    public const int Size = 128;

    /// <summary>The destination's node is looked up where it is needed.</summary>
    public const ushort UnknownNode = ushort.MaxValue;

    /// <summary>As the packet is now; translation changes it.</summary>
    public FlowKey Key;

    /// <summary>First byte of the frame as it would leave now.</summary>
    public byte* Frame;

    /// <summary>First byte of the IP header.</summary>
    public byte* Network;

    /// <summary>First byte behind IP's headers; null where ports or ICMP header are not there.</summary>
    public byte* Transport;

    /// <summary>Capture time, nanoseconds.</summary>
    public long Timestamp;

    /// <summary>Bytes of the frame that are there.</summary>
    public int Length;

    /// <summary>Bytes that the snap length cut off behind them.</summary>
    public int Missing;

    /// <summary>The IP packet's length by its header.</summary>
    public int NetworkLength;

    /// <summary>
    /// Ones' complement sum of the IP packet, kept right when fields change; see <see cref="Shape.NoSum"/>.
    /// </summary>
    public uint Sum;

    /// <summary>Of <see cref="Key"/>, as tracked.</summary>
    public uint Hash;

    /// <summary>Entry × 2 + direction in the connection table; 0: none.</summary>
    public uint Connection;

    public Place Source;

    public Place Destination;

    /// <summary>The capture record that it came of: position in the burst.</summary>
    public int Record;

    public Shape Shape;

    /// <summary>The node that it is at.</summary>
    public ushort Node;

    /// <summary>The node that has the destination, if that is known already; else <see cref="UnknownNode"/>.</summary>
    public ushort Owner;

    /// <summary>
    /// The node that it leaves for; meaningful for <see cref="Exit.Tunnel"/> and <see cref="Exit.Direct"/>.
    /// </summary>
    public ushort NextNode;

    /// <summary>The tunnel's source port for its flow, if its connection knows it already; 0: it does not.</summary>
    public ushort FlowPort;

    /// <summary>The outer id, where it is settled before the outer headers are written.</summary>
    public ushort Identification;

    public LaneStatus Status;

    public Entry Entry;

    public Exit Exit;

    public byte TcpFlags;

    /// <summary>Bytes of the link header in front of the IP header: 14 for plain Ethernet, 0 for raw IP.</summary>
    public byte LinkSize;

    public LaneRole Role;

    /// <summary>What the record will be marked with when the lane ends.</summary>
    public RecordFlags Marks;

    /// <summary>What parsing found wrong, where it takes a known node to say who drops the packet.</summary>
    public DropReason Defect;

    /// <summary>Why the lane ended, if it was dropped.</summary>
    public DropReason Drop;

    /// <summary>Where it was captured, of a capture of several points; 0: of a capture of one.</summary>
    public ulong Point;

    /// <summary>
    /// What the client asked, of a packet that goes to another node by direct server return; 0: it does not.
    /// </summary>
    public uint Frontend;

    public ushort FrontendPort;

    public readonly bool IsReply => (Connection & 1) != 0;

    public readonly bool Is(Shape shape) => (Shape & shape) != 0;
}

/// <summary>Whether stages still work on a lane.</summary>
public enum LaneStatus : byte
{
    /// <summary>Nothing left to do.</summary>
    Done,

    /// <summary>On its way at this node.</summary>
    Live,

    /// <summary>On the beaten track: all that the stages in front of the tunnel could decide is decided.</summary>
    Ahead,

    /// <summary>Waits for the next round: it has arrived at another node, or a node has just made it.</summary>
    Waiting,
}

/// <summary>Where a packet enters a node.</summary>
public enum Entry : byte
{
    None,
    PodVeth,
    Underlay,
    Tunnel,
    LocalOutput,
}

/// <summary>Where a packet leaves a node.</summary>
public enum Exit : byte
{
    None,

    /// <summary>To a pod of this node, routed.</summary>
    Pod,

    /// <summary>To a pod of this node, over the bridge, untouched.</summary>
    Bridge,

    /// <summary>To the node itself.</summary>
    LocalInput,

    /// <summary>To another node through the tunnel.</summary>
    Tunnel,

    /// <summary>To another node over the underlay.</summary>
    Direct,

    /// <summary>To the fabric's gateway.</summary>
    Outside,
}

/// <summary>What a lane is to its record.</summary>
public enum LaneRole : byte
{
    /// <summary>The captured packet, or a piece of it: its fate is the record's.</summary>
    Packet,

    /// <summary>Made by a node because of it: an ICMP error, a reply.</summary>
    Answer,
}

/// <summary>What is special about a packet; nothing is for the common one.</summary>
[Flags]
public enum Shape : ushort
{
    None = 0,
    V6 = 1,

    /// <summary>A fragment; the first one has ports.</summary>
    Fragment = 2,

    /// <summary>A fragment that is not the first.</summary>
    LaterFragment = 4,

    IcmpError = 8,
    IpOptions = 16,

    /// <summary>The snap length cut it.</summary>
    Cut = 32,

    /// <summary>ARP.</summary>
    Arp = 64,

    /// <summary>Neighbour or router discovery.</summary>
    NeighbourDiscovery = 128,

    /// <summary><see cref="Lane.Sum"/> is not known (bytes are missing).</summary>
    NoSum = 256,

    /// <summary>The first packet of its connection.</summary>
    NewConnection = 512,

    /// <summary>A reply that was seen at its receiver, and was put back to its sender.</summary>
    Reoriginated = 1024,

    /// <summary>Fits no connection, and cannot begin one.</summary>
    Invalid = 2048,

    /// <summary>VLAN tags were in front of it.</summary>
    Tagged = 4096,

    /// <summary>An address or port was changed at this node.</summary>
    Translated = 8192,

    /// <summary>Carries <see cref="Lane.Frontend"/> in an option.</summary>
    TellsFrontend = 16384,

    /// <summary>Goes through, or came out of, the tunnel to nodes of another kind.</summary>
    Beside = 32768,
}
