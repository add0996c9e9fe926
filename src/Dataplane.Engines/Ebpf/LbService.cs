using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Key of <c>cilium_lb4_services_v2</c>: a frontend (slot 0) or one of its backends (slot 1 and up). One map holds both
/// families here: the address is a name (see <see cref="FlowKey"/>), and the family stands in the first of Cilium's two
/// bytes of padding, so that a name never meets an IPv4 address. Numbers are in host order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct LbServiceKey(uint address, ushort port, byte protocol, byte family, ushort slot, byte scope = 0)
    : IFlatKey<LbServiceKey>
{
    public const int Size = 12;

    private const int NeighbourBits = 3;
    private const int NeighbourMask = (1 << NeighbourBits) - 1;

    public readonly uint Address = address;
    public readonly ushort Port = port;
    public readonly ushort Slot = slot;
    public readonly byte Protocol = protocol;

    /// <summary>0: external, and all there is unless the traffic policies differ; 1: internal.</summary>
    public readonly byte Scope = scope;

    /// <summary>4 or 6; 0 marks a free slot.</summary>
    public readonly byte Family = family;

    private readonly byte _pad;

    public bool IsFree => Family == 0;

    private ulong Head => Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<LbServiceKey, byte>(ref Unsafe.AsRef(in this)));

    private uint Tail => Unsafe.Add(ref Unsafe.As<LbServiceKey, uint>(ref Unsafe.AsRef(in this)), 2);

    /// <summary>
    /// A frontend's slots lie side by side, eight at a time: the slot that is chosen is mostly in the cache line that
    /// slot 0 brought in, or in the next one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash()
    {
        ulong group = (ulong)(Slot >> NeighbourBits) << 48 | (ulong)Port << 32 | Address;
        return FlowHash.Mix(group, Tail) + (uint)(Slot & NeighbourMask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(in LbServiceKey other) => Head == other.Head && Tail == other.Tail;

    /// <summary>The same frontend's entry for another slot.</summary>
    public LbServiceKey At(ushort slot) => new(Address, Port, Protocol, Family, slot, Scope);

    /// <summary>The same frontend for clients inside the cluster.</summary>
    public LbServiceKey Inside() => new(Address, Port, Protocol, Family, Slot, scope: 1);
}

/// <summary>Value of <c>cilium_lb4_services_v2</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct LbService
{
    public const int Size = 12;

    /// <summary>Cilium's union: the backend's id; in slot 0 the timeout of affinity in seconds.</summary>
    public uint BackendId;

    /// <summary>Slot 0: backends to choose from.</summary>
    public ushort Count;

    public ushort ReverseNat;
    public LbServiceFlags Flags;
    public LbServiceFlags2 Flags2;

    /// <summary>Slot 0: backends that stand after the others and take no new connection.</summary>
    public ushort QuarantinedCount;

    public readonly uint AffinitySeconds => BackendId;

    /// <summary>A cluster IP that every node serves alike: nothing but backends to choose from.</summary>
    public readonly bool IsPlain => (Flags & ~LbServiceFlags.Affinity) == 0 & Flags2 == 0;

    /// <summary>Its backends are the node's own, and stand in another map.</summary>
    public readonly bool IsLocal(byte scope)
    {
        const LbServiceFlags Outer = LbServiceFlags.ExternalIp | LbServiceFlags.NodePort | LbServiceFlags.LoadBalancer;
        bool isInternal = scope != 0 || (Flags & Outer) == 0;
        return isInternal ? (Flags2 & LbServiceFlags2.InternalLocal) != 0 : (Flags & LbServiceFlags.ExternalLocal) != 0;
    }
}

/// <summary>First byte of Cilium's service flags (<c>bpf/lib/common.h</c>).</summary>
[Flags]
public enum LbServiceFlags : byte
{
    None = 0,
    ExternalIp = 0x01,
    NodePort = 0x02,
    ExternalLocal = 0x04,
    Affinity = 0x10,
    LoadBalancer = 0x20,
    Routable = 0x40,
    SourceRange = 0x80,
}

/// <summary>Second byte of Cilium's service flags.</summary>
[Flags]
public enum LbServiceFlags2 : byte
{
    None = 0,
    InternalLocal = 0x10,
    TwoScopes = 0x20,
}
