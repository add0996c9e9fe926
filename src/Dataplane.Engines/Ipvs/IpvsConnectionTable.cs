using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// <c>ip_vs_conn_tab</c>: chains in a fixed number of buckets, hashed by client, as the kernel's are. Entries lie in a
/// slab that only grows; native memory, one node's.
/// </summary>
public sealed unsafe class IpvsConnectionTable : IDisposable
{
    private const int InitialEntries = 1 << 10;

    /// <summary>The kernel draws its own at boot (<c>ip_vs_conn_rnd</c>).</summary>
    private const uint Seed = 0x1B5D_33F7;

    private readonly NativeArray<IpvsConnection> _entries = new(InitialEntries);
    private readonly NativeArray<uint> _buckets;
    private readonly uint _mask;
    private uint _used = 1;
    private uint _free;

    public IpvsConnectionTable(int bits)
    {
        _buckets = new NativeArray<uint>(1L << bits);
        _mask = (1u << bits) - 1;
    }

    /// <summary>Connections and templates.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory held.</summary>
    public long Size => _entries.Length * IpvsConnection.Size + _buckets.Length * sizeof(uint);

    public ref IpvsConnection this[uint entry]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[entry];
    }

    public void Prefetch(in FlowKey key)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_buckets.Start + BucketOf(key.Source, key.SourcePort, key.Protocol));
    }

    /// <summary>
    /// The connection of a packet to a virtual service (<c>ip_vs_conn_in_get</c>); 0 where there is none.
    /// </summary>
    public uint Find(in FlowKey key)
    {
        uint entry = _buckets[BucketOf(key.Source, key.SourcePort, key.Protocol)];
        for (; entry != 0; entry = _entries[entry].HashNext)
        {
            ref readonly IpvsConnection candidate = ref _entries[entry];
            if (candidate.Client == key.Source && candidate.Virtual == key.Destination
                && candidate.ClientPort == key.SourcePort && candidate.VirtualPort == key.DestinationPort
                && candidate.Protocol == key.Protocol && candidate.Family == key.Family
                && (candidate.Flags & IpvsConnectionFlags.Template) == 0)
            {
                break;
            }
        }

        return entry;
    }

    /// <summary>
    /// The connection of a packet from a real server (<c>ip_vs_conn_out_get</c>); 0 where there is none.
    /// </summary>
    public uint FindReply(in FlowKey key)
    {
        uint entry = _buckets[BucketOf(key.Destination, key.DestinationPort, key.Protocol)];
        for (; entry != 0; entry = _entries[entry].HashNext)
        {
            ref readonly IpvsConnection candidate = ref _entries[entry];
            if (candidate.Client == key.Destination && candidate.RealServer == key.Source
                && candidate.ClientPort == key.DestinationPort && candidate.RealPort == key.SourcePort
                && candidate.Protocol == key.Protocol && candidate.Family == key.Family
                && (candidate.Flags & IpvsConnectionFlags.Template) == 0)
            {
                break;
            }
        }

        return entry;
    }

    /// <summary>The persistence template of a client (<c>ip_vs_ct_in_get</c>); 0 where there is none.</summary>
    public uint FindTemplate(uint client, in FlowKey key, ushort virtualPort)
    {
        uint entry = _buckets[BucketOf(client, 0, key.Protocol)];
        for (; entry != 0; entry = _entries[entry].HashNext)
        {
            ref readonly IpvsConnection candidate = ref _entries[entry];
            if (candidate.Client == client && candidate.Virtual == key.Destination
                && candidate.VirtualPort == virtualPort
                && candidate.Protocol == key.Protocol && candidate.Family == key.Family
                && (candidate.Flags & IpvsConnectionFlags.Template) != 0)
            {
                break;
            }
        }

        return entry;
    }

    /// <summary>Puts an entry in front of its chain.</summary>
    public uint Add(in IpvsConnection connection)
    {
        uint entry = Take();
        ref IpvsConnection added = ref _entries[entry];
        added = connection;
        ref uint bucket = ref _buckets[BucketOf(connection.Client, connection.ClientPort, connection.Protocol)];
        added.HashNext = bucket;
        bucket = entry;
        Count++;
        return entry;
    }

    /// <summary>Takes an entry out of its chain and gives its place back.</summary>
    public void Remove(uint entry)
    {
        ref IpvsConnection removed = ref _entries[entry];
        ref uint link = ref _buckets[BucketOf(removed.Client, removed.ClientPort, removed.Protocol)];
        while (link != entry) link = ref _entries[link].HashNext;
        link = removed.HashNext;
        removed = default;
        removed.HashNext = _free;
        _free = entry;
        Count--;
    }

    /// <summary>All entries, bucket by bucket, as <c>/proc/net/ip_vs_conn</c> lists them.</summary>
    public IEnumerable<uint> Entries()
    {
        for (long bucket = 0; bucket < _buckets.Length; bucket++)
        {
            for (uint entry = _buckets[bucket]; entry != 0; entry = _entries[entry].HashNext) yield return entry;
        }
    }

    public void Dispose()
    {
        _entries.Dispose();
        _buckets.Dispose();
    }

    private uint BucketOf(uint client, ushort port, byte protocol) =>
        JenkinsHash.Hash(client, port, protocol, Seed) & _mask;

    private uint Take()
    {
        uint entry = _free;
        if (entry != 0)
        {
            _free = _entries[entry].HashNext;
            return entry;
        }

        if (_used == _entries.Length) _entries.Resize(2 * _entries.Length);
        return _used++;
    }
}
