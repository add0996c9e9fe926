using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>
/// Cilium's direct server return by Geneve: an identity's header, with the IPv4 frontend that was asked
/// (bpf/lib/nodeport.h, encap_geneve_dsr_opt4).
/// </summary>
internal readonly unsafe struct FrontendV4Filling : ITunnelFilling
{
    public static int Size => IdentityFilling.Size + FrontendOption.GeneveV4Size;

    public static bool KeepsFrame => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to) =>
        IdentityFilling.Fill(in lane, header, ethernet, topology, in to)
        + ToldFrontend.Write(in lane, header, FrontendOption.GeneveV4Size, topology);
}

/// <summary>The same with an IPv6 frontend.</summary>
internal readonly unsafe struct FrontendV6Filling : ITunnelFilling
{
    public static int Size => IdentityFilling.Size + FrontendOption.GeneveV6Size;

    public static bool KeepsFrame => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(in Lane lane, byte* header, byte* ethernet, Topology topology, in PeerEntry to) =>
        IdentityFilling.Fill(in lane, header, ethernet, topology, in to)
        + ToldFrontend.Write(in lane, header, FrontendOption.GeneveV6Size, topology);
}

/// <summary>The frontend in its Geneve option.</summary>
internal static unsafe class ToldFrontend
{
    private const int HeaderSize = 4;

    /// <summary>Writes address and port behind the option's header; gives what they add to a sum.</summary>
    public static uint Write(in Lane lane, byte* header, int size, Topology topology)
    {
        var option = new Span<byte>(header + GeneveHeader.Size, size);
        Span<byte> address = FrontendOption.WriteGeneve(option, lane.FrontendPort);
        fixed (byte* at = address) DirectReturnWay.WriteAddress(in lane, topology, at);
        return InternetChecksum.Sum(option[HeaderSize..]);
    }
}
