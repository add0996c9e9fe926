using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Key of <c>cilium_ipcache</c> (<c>struct ipcache_key</c>): a prefix. Its length counts the 32 bits in front of the
/// address, which are always compared. Words of the address are in host order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly struct IpcacheKey(AddressWords address, int length, byte family) : IFlatKey<IpcacheKey>
{
    public const int Size = 24;

    private const uint StaticBits = 32;
    private const byte FamilyV4 = 1;
    private const byte FamilyV6 = 2;

    private readonly uint _prefixLength = StaticBits + (uint)length;
    private readonly ushort _clusterId;
    private readonly byte _pad;
    private readonly byte _family = family == 4 ? FamilyV4 : FamilyV6;
    private readonly ulong _high = address.High;
    private readonly ulong _low = address.Low;

    public bool IsFree => _prefixLength == 0;

    private ulong Head => Unsafe.As<uint, ulong>(ref Unsafe.AsRef(in _prefixLength));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Hash() => FlowHash.Mix(_high ^ Head, _low);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(in IpcacheKey other) => _low == other._low && _high == other._high && Head == other.Head;
}

/// <summary>Value of <c>cilium_ipcache</c> (<c>struct remote_endpoint_info</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly struct IpcacheEntry(uint identity)
{
    public const int Size = 12;

    /// <summary>The security identity.</summary>
    public readonly uint Identity = identity;
}
