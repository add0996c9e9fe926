using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// A flow's match on the peer's address under a mask; the mask is part of the key, so that each has its own table.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct PeerFlowKey(AddressWords address, int length, byte family) : IFlatKey<PeerFlowKey>
{
    private readonly AddressWords _address = address;
    private readonly ulong _mask = (ulong)family << 32 | (uint)length;

    public bool IsFree => _mask == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash() => FlowHash.Mix(_address.High ^ _mask, _address.Low);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(in PeerFlowKey other) => _mask == other._mask && _address == other._address;
}

/// <summary>A flow's match on protocol and destination port under a mask of so many bits of both.</summary>
internal readonly struct PortFlowKey : IFlatKey<PortFlowKey>
{
    /// <summary>Bits of protocol and port.</summary>
    public const int MaxBits = 24;

    private const int MaskShift = 24;

    private readonly uint _value;

    public PortFlowKey(int bits, byte protocol, ushort port)
    {
        uint kept = (uint)(protocol << 16 | port) & (uint)(0xFF_FFFFL << (MaxBits - bits));
        _value = (uint)bits << MaskShift | kept;
    }

    public bool IsFree => _value == 0;

    public uint Hash() => FlowHash.Mix(_value, 0);

    public bool Matches(in PortFlowKey other) => _value == other._value;
}
