using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// What each real server carries, and whether that is more than its thresholds allow (net/netfilter/ipvs/ip_vs_conn.c,
/// ip_vs_bind_dest, ip_vs_unbind_dest).
/// </summary>
internal readonly struct IpvsLoads(NativeArray<IpvsLoad> loads)
{
    public NativeArray<IpvsLoad> All => loads;

    public long Size => loads.Length * IpvsLoad.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly IpvsLoad Of(uint destination) => ref loads[destination];

    public unsafe void Prefetch(uint destination)
    {
        if (Sse.IsSupported) Sse.Prefetch0(loads.Start + destination);
    }

    public void AddTemplate(uint destination, IpvsTables tables)
    {
        loads[destination].Persistent++;
        NoteOverload(destination, tables);
    }

    public void AddConnection(uint destination, IpvsTables tables)
    {
        loads[destination].Inactive++;
        NoteOverload(destination, tables);
    }

    /// <summary>A datagram of its own: come and gone.</summary>
    public void PassOnePacket(uint destination, IpvsTables tables)
    {
        AddConnection(destination, tables);
        loads[destination].Inactive--;
        NoteRelief(destination, tables);
    }

    /// <summary>A connection begins to count as active, or ends to.</summary>
    public void Activate(uint destination, bool isActive)
    {
        ref IpvsLoad load = ref loads[destination];
        int change = isActive ? 1 : -1;
        load.Active += change;
        load.Inactive -= change;
    }

    public void Remove(uint destination, IpvsConnectionFlags flags, IpvsTables tables)
    {
        ref IpvsLoad load = ref loads[destination];
        if ((flags & IpvsConnectionFlags.Template) != 0) load.Persistent--;
        else if ((flags & IpvsConnectionFlags.Inactive) != 0) load.Inactive--;
        else load.Active--;
        NoteRelief(destination, tables);
    }

    private void NoteOverload(uint destination, IpvsTables tables)
    {
        uint upper = tables.Destination(destination).UpperThreshold;
        ref IpvsLoad load = ref loads[destination];
        if (upper != 0 && load.Total >= upper) load.Overloaded = true;
    }

    private void NoteRelief(uint destination, IpvsTables tables)
    {
        ref readonly IpvsDestination entry = ref tables.Destination(destination);
        ref IpvsLoad load = ref loads[destination];
        if (entry.LowerThreshold != 0)
        {
            if (load.Total < entry.LowerThreshold) load.Overloaded = false;
        }
        else if (entry.UpperThreshold == 0 || load.Total * 4L < entry.UpperThreshold * 3L)
        {
            load.Overloaded = false;
        }
    }
}
