using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// <c>ip_vs_svc_table</c>: buckets by the kernel's key, the last service of a bucket first in its chain. The head of a
/// chain lies in its bucket, so that a chain of one is found in one cache line. Filled once, then only read.
/// </summary>
internal sealed unsafe class IpvsServiceHash : IDisposable
{
    private const int MaxBits = 24;

    private readonly NativeArray<IpvsServiceSlot> _slots;
    private readonly int _bits;
    private uint _used;

    public IpvsServiceHash(int services, int bits)
    {
        _bits = bits > 0 ? bits : Math.Max(
            IpvsOptions.KernelServiceTableBits, BitOperations.Log2((uint)services * 2 - 1 | 1));
        _bits = Math.Min(_bits, MaxBits);
        _slots = new NativeArray<IpvsServiceSlot>((1L << _bits) + services);
        _used = Buckets;
    }

    public uint Buckets => 1u << _bits;

    public long Size => _slots.Length * IpvsServiceSlot.Size;

    /// <summary>The kernel's key, less its random part, which only names the buckets otherwise.</summary>
    public uint BucketOf(uint fold, byte protocol, ushort port) =>
        (protocol ^ fold ^ (uint)(port >> _bits) ^ port) & (Buckets - 1);

    public void Add(uint fold, in IpvsService service, uint number)
    {
        ref IpvsServiceSlot head = ref _slots[BucketOf(fold, service.Protocol, service.Port)];
        uint next = 0;
        if (head.Service != 0)
        {
            next = _used++;
            _slots[next] = head;
        }

        head = new IpvsServiceSlot
        {
            Address = service.Address,
            Port = service.Port,
            Protocol = service.Protocol,
            Family = service.Family,
            Service = number,
            Next = next,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint fold, byte protocol, ushort port)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_slots.Start + BucketOf(fold, protocol, port));
    }

    /// <summary>
    /// The number of the service with exactly this address, port and protocol; 0 where there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(in FlowKey key, uint fold, ushort port)
    {
        IpvsServiceSlot* slot = _slots.Start + BucketOf(fold, key.Protocol, port);
        while (slot->Service != 0)
        {
            if (slot->Address == key.Destination && slot->Port == port && slot->Protocol == key.Protocol
                && slot->Family == key.Family)
            {
                return slot->Service;
            }

            if (slot->Next == 0) return 0;
            slot = _slots.Start + slot->Next;
        }

        return 0;
    }

    /// <summary>Chain entries that are compared before the answer is known.</summary>
    public int CountProbes(in FlowKey key, uint fold, ushort port)
    {
        int probes = 0;
        IpvsServiceSlot* slot = _slots.Start + BucketOf(fold, key.Protocol, port);
        while (slot->Service != 0)
        {
            probes++;
            bool found = slot->Address == key.Destination && slot->Port == port && slot->Protocol == key.Protocol
                && slot->Family == key.Family;
            if (found || slot->Next == 0) return probes;
            slot = _slots.Start + slot->Next;
        }

        return probes;
    }

    public void Dispose() => _slots.Dispose();
}
