using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>Ids in the VNI field, which VXLAN and Geneve have at the same place (RFC 7348 §5, RFC 8926 §3.4).</summary>
internal static unsafe class SenderId
{
    private const int VniOffset = 4;

    /// <summary>Writes the id of the pod that sent the packet, or of its node; gives what that adds to a sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Write(in Lane lane, byte* header, Topology topology)
    {
        uint id = lane.Source.Kind == PlaceKind.Pod
            ? topology.Endpoints[lane.Source.Index].TunnelId
            : topology.Nodes[lane.Node].TunnelId;
        return WriteVni(header, id);
    }

    /// <summary>The 24-bit id and the reserved byte behind it; gives what they add to a sum, in memory order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WriteVni(byte* header, uint id)
    {
        uint word = BinaryPrimitives.ReverseEndianness(id << 8);
        Unsafe.WriteUnaligned(header + VniOffset, word);
        return (word & 0xFFFF) + (word >> 16);
    }
}
