using System.Runtime.InteropServices;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// <c>struct ip_vs_conn</c> as one cache line: a connection through a virtual service, or a persistence template.
/// Addresses are names, as in a flow key.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct IpvsConnection
{
    public const int Size = 64;

    public uint Client;
    public uint Virtual;
    public uint RealServer;
    public ushort ClientPort;
    public ushort VirtualPort;
    public ushort RealPort;
    public byte Protocol;
    public byte Family;

    /// <summary>
    /// A state of its protocol's table: <see cref="IpvsTcpStates"/>, <see cref="IpvsSctpStates"/>; UDP has one.
    /// </summary>
    public byte State;

    public IpvsConnectionFlags Flags;

    /// <summary>Where the timer wheel has it.</summary>
    internal ushort WheelSlot;

    /// <summary>Seconds without a packet after which it ends.</summary>
    public uint Timeout;

    /// <summary>Capture time, nanoseconds.</summary>
    public long Expires;

    /// <summary>Number of its destination; 0 once that is no more.</summary>
    public uint Destination;

    /// <summary>The template that it was made from; 0 where there is none.</summary>
    public uint Control;

    /// <summary>Connections made from this template.</summary>
    public uint Controlled;

    internal uint HashNext;
    internal uint WheelNext;
    internal uint WheelPrevious;
}

/// <summary>What <c>IP_VS_CONN_F_*</c> says of a connection.</summary>
[Flags]
public enum IpvsConnectionFlags : byte
{
    None = 0,

    /// <summary>Counted as inactive.</summary>
    Inactive = 1,

    /// <summary>Replies do not come by here (direct routing, tunnelling).</summary>
    NoOutput = 2,

    /// <summary>A persistence template.</summary>
    Template = 4,
}

/// <summary>Which way a packet of a connection goes.</summary>
public enum IpvsDirection : byte
{
    /// <summary>From the client.</summary>
    Input,

    /// <summary>From the real server.</summary>
    Output,

    /// <summary>From the client, where replies are not seen.</summary>
    InputOnly,
}

/// <summary>What a packet to a virtual service finds (<c>ip_vs_in</c>).</summary>
public enum IpvsReceipt : byte
{
    /// <summary>No connection: to be scheduled, if its protocol lets it.</summary>
    None,
    Connection,

    /// <summary>
    /// Its real server is gone, or it opens again while conntrack has the old flow: the packet is dropped.
    /// </summary>
    Dropped,
}
