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
public readonly struct LbServiceKey(uint address, ushort port, byte protocol, byte family, ushort slot)
    : IFlatKey<LbServiceKey>
{
    public const int Size = 12;

    private const int NeighbourBits = 3;
    private const int NeighbourMask = (1 << NeighbourBits) - 1;

    public readonly uint Address = address;
    public readonly ushort Port = port;
    public readonly ushort Slot = slot;
    public readonly byte Protocol = protocol;

    /// <summary>0: external, the only one that ClusterIP needs.</summary>
    public readonly byte Scope;

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
    public LbServiceKey At(ushort slot) => new(Address, Port, Protocol, Family, slot);
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
    public byte Flags2;

    /// <summary>Slot 0: backends that stand after the others and take no new connection.</summary>
    public ushort QuarantinedCount;

    public readonly uint AffinitySeconds => BackendId;
}

/// <summary>First byte of Cilium's service flags, those that ClusterIP uses.</summary>
[Flags]
public enum LbServiceFlags : byte
{
    None = 0,
    Affinity = 0x10,
}
