using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>Key of <c>cilium_lb_affinity_match</c>: the backend is still a member of the frontend.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct LbAffinityMatch(uint backendId, ushort reverseNat) : IFlatKey<LbAffinityMatch>
{
    public const int Size = 8;

    public readonly uint BackendId = backendId;

    /// <summary>0 marks a free slot.</summary>
    public readonly ushort ReverseNat = reverseNat;

    public bool IsFree => ReverseNat == 0;

    public uint Hash() => FlowHash.Mix(BackendId, ReverseNat);

    public bool Matches(in LbAffinityMatch other) => BackendId == other.BackendId && ReverseNat == other.ReverseNat;
}
