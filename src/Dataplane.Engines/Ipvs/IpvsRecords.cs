using System.Runtime.InteropServices;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// A place in the service hash (<c>ip_vs_svc_table</c>): four to a cache line, the head of a chain in its bucket.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct IpvsServiceSlot
{
    public const int Size = 16;

    public uint Address;
    public ushort Port;
    public byte Protocol;
    public byte Family;

    /// <summary>Number of the service, from 1; 0 marks an empty bucket.</summary>
    public uint Service;

    /// <summary>The next of the chain; 0 ends it, since place 0 is a head.</summary>
    public uint Next;
}

/// <summary>What a look-up needs of <c>struct ip_vs_service</c>: one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct IpvsService
{
    public const int Size = 64;

    public uint Address;
    public ushort Port;
    public byte Protocol;
    public byte Family;

    /// <summary>Number of its first destination, the one that was added last.</summary>
    public uint First;

    public uint Count;
    public IpvsScheduler Scheduler;
    public IpvsServiceFlags Flags;

    /// <summary>Seconds.</summary>
    public uint Timeout;

    public uint Netmask;

    /// <summary>wrr: the greatest common divisor of the weights, 1 where there are none.</summary>
    public int Step;

    /// <summary>wrr: where a round begins, the greatest weight less (<see cref="Step"/> - 1).</summary>
    public int RoundWeight;

    /// <summary>
    /// wrr: where the first round begins; it depends on the order in which the destinations were added.
    /// </summary>
    public int FirstWeight;

    /// <summary>sh, dh, mh: where its table begins.</summary>
    public uint Table;

    /// <summary>Entries of that table; 0 where nothing could be filled in.</summary>
    public uint TableSize;

    public readonly uint End => First + Count;

    public readonly bool Has(IpvsServiceFlags flag) => (Flags & flag) != 0;
}

/// <summary>What does not change of <c>struct ip_vs_dest</c> while packets run: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct IpvsDestination
{
    public const int Size = 32;

    public uint Address;

    /// <summary>0: the port that the packet came to.</summary>
    public ushort Port;

    public IpvsForwarding Forwarding;
    public int Weight;
    public uint UpperThreshold;
    public uint LowerThreshold;
    public uint Service;
}

/// <summary>What changes of <c>struct ip_vs_dest</c>, on one node.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct IpvsLoad
{
    public const int Size = 16;

    /// <summary>
    /// TCP connections that open or are established, SCTP's that are established; UDP's never count as active.
    /// </summary>
    public int Active;

    public int Inactive;

    /// <summary>Persistence templates.</summary>
    public int Persistent;

    /// <summary><c>IP_VS_DEST_F_OVERLOAD</c>: over its upper threshold, and not yet under the lower one.</summary>
    public bool Overloaded;

    /// <summary><c>ip_vs_dest_conn_overhead</c>: an active connection costs as much as 256 inactive ones.</summary>
    public readonly long Overhead => ((long)Active << 8) + Inactive;

    public readonly int Total => Active + Inactive;
}

/// <summary>A scheduler's place within its service, on one node.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct IpvsMark
{
    public const int Size = 32;

    /// <summary>
    /// rr, wrr: the destination served last, 0 for the list's head. lblc: the cached one. lblcr: the set's first.
    /// </summary>
    public uint Last;

    /// <summary>wrr: the weight that the running round asks for.</summary>
    public int Weight;

    /// <summary>lblc, lblcr: capture time of the last use of the entry.</summary>
    public long LastUsed;

    /// <summary>lblcr: capture time of the last change of the set.</summary>
    public long Changed;

    /// <summary>lblcr: destinations in the set.</summary>
    public int SetSize;
}
