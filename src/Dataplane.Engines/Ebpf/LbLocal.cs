using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Key of what one node's slot 0 would have for a frontend of policy Local: Cilium writes these services differently on
/// every node, and here all nodes share the other ones.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct LbLocalKey(ushort reverseNat, ushort node) : IFlatKey<LbLocalKey>
{
    public const int Size = 4;

    /// <summary>0 marks a free slot.</summary>
    public readonly ushort ReverseNat = reverseNat;

    public readonly ushort Node = node;

    public bool IsFree => ReverseNat == 0;

    public uint Hash() => FlowHash.Mix(ReverseNat, Node);

    public bool Matches(in LbLocalKey other) => ReverseNat == other.ReverseNat && Node == other.Node;
}

/// <summary>The node's own backends of a frontend: a run of ids that all its frontends share.</summary>
public readonly record struct LbLocal(int First, ushort Count, ushort QuarantinedCount, long MaglevStart);
