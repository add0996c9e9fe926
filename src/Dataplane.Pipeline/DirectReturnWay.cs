using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;
using Dataplane.Wire.Answers;

namespace Dataplane.Pipeline;

/// <summary>
/// Direct server return at the node that was asked, which tells the frontend (cilium's bpf/lib/nodeport.h,
/// dsr_set_opt4, encap_geneve_dsr_opt4), and at the backend's, which remembers it and so answers with it
/// (nodeport_extract_dsr_v4).
/// </summary>
internal static unsafe class DirectReturnWay
{
    private const int V6AddressSize = 16;
    private const byte OptionWords = FrontendOption.Ipv4Size / sizeof(uint);

    /// <summary>Marks what goes to a backend of another node: of TCP the first packet alone has to tell.</summary>
    public static void Tell(ref Lane lane, in Connection connection, Topology topology)
    {
        bool isTranslatedOnly = (connection.Flags & ConnectionFlags.SourceTranslated) == 0 && !lane.Is(Shape.IcmpError);
        bool isIts = lane.Entry == Entry.Underlay && isTranslatedOnly
            && topology.DirectReturn!.Covers(lane.Key.Protocol)
            && connection.Forward.Kind is PlaceKind.Pod or PlaceKind.Node
            && AdmitStage.NodeOf(connection.Forward, topology) != lane.Node;
        if (!isIts) return;

        lane.Frontend = connection.Original.Destination;
        lane.FrontendPort = connection.Original.DestinationPort;
        bool isLaterTcp = lane.Key.Protocol == IpProtocol.Tcp && (lane.TcpFlags & TcpStates.Syn) == 0;
        if (!isLaterTcp) lane.Shape |= Shape.TellsFrontend;
    }

    /// <summary>
    /// By Geneve through the tunnel, whatever way pods' own packets have; a node itself has no end of it.
    /// </summary>
    public static DropReason Decide(ref Lane lane, Topology topology, int owner) =>
        lane.Destination.Kind == PlaceKind.Pod
            ? RoutingDecision.EnterTunnel(ref lane, topology, (ushort)owner)
            : DropReason.NoTunnelEndpoint;

    /// <summary>
    /// What fits beside the option; in the tunnel anything, as outer fragments, where nobody is told what fits.
    /// </summary>
    public static int Mtu(in Lane lane, Topology topology, int mtu)
    {
        DirectReturn way = topology.DirectReturn!;
        if (lane.Exit == Exit.Tunnel && !way.TellsMtu) return int.MaxValue;

        return lane.Is(Shape.TellsFrontend) ? mtu - way.SizeOf(lane.Is(Shape.V6)) : mtu;
    }

    /// <summary>
    /// Tells the client what would have fitted; the connection stays, for the next packet is to go to the same backend.
    /// </summary>
    public static void Refuse(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        state.Connections[lane.Connection >> 1].Flags |= ConnectionFlags.Confirmed;
        if (!state.Topology.DirectReturn!.TellsMtu) return;

        byte* to = burst.Allocate(ReturnTooBig.MaxSize);
        if (to == null) return;

        Span<byte> frontend = stackalloc byte[V6AddressSize];
        fixed (byte* bytes = frontend) WriteAddress(in lane, state.Topology, bytes);
        int length = ReturnTooBig.Build(
            new Span<byte>(to, ReturnTooBig.MaxSize), Answers.Packet(in lane),
            lane.Is(Shape.V6) ? frontend : frontend[..sizeof(uint)], lane.FrontendPort,
            Oversize.Mtu(in lane, state.Topology));
        if (length > 0 && Answers.TryLeave(burst, in lane, to, length, state))
            burst.Records[lane.Record].Flags |= RecordFlags.Answered;
    }

    /// <summary>Puts the option behind the IP header; the header goes towards the front for it.</summary>
    public static void Insert(ref Lane lane, Topology topology)
    {
        bool v6 = lane.Is(Shape.V6);
        int size = v6 ? FrontendOption.Ipv6Size : FrontendOption.Ipv4Size;
        int header = v6 ? Ipv6Header.Size : Ipv4Header.Size;
        byte* ip = lane.Network - size;
        var option = new Span<byte>(ip + header, size);
        new ReadOnlySpan<byte>(lane.Network, header).CopyTo(new Span<byte>(ip, header));
        if (v6) InsertV6(in lane, ip, option, topology);
        else InsertV4(ref lane, ip, option);

        int present = Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize);
        lane.Network = ip;
        lane.Frame = ip;
        lane.LinkSize = 0;
        lane.Length = present + size;
        lane.NetworkLength += size;
        if (v6 && !lane.Is(Shape.NoSum))
            lane.Sum = InternetChecksum.Sum(new ReadOnlySpan<byte>(ip, lane.NetworkLength));
    }

    /// <summary>
    /// Begins the connection as if the client had asked this node: replies leave with the frontend that another node
    /// told.
    /// </summary>
    public static bool TryBegin(PacketBurst burst, ref Lane lane, PipelineState state)
    {
        if (!MayArrive(in lane, state.Topology)) return false;

        bool isTold = TryRead(ref lane, state.Topology);
        bool isKnown = TryJoin(ref lane, isTold, state);
        if (isTold && !isKnown)
        {
            FlowKey asked = lane.Key;
            asked.Destination = lane.Frontend;
            asked.DestinationPort = lane.FrontendPort;
            var verdict = new ServiceVerdict
            {
                Outcome = ServiceOutcome.Backend,
                BackendAddress = lane.Key.Destination,
                BackendPort = lane.Key.DestinationPort,
                ReturnsDirectly = true,
            };
            NewConnections.Enter(burst, ref lane, in asked, in verdict, state);
        }

        lane.Frontend = 0;
        lane.Shape &= ~Shape.TellsFrontend;
        return isTold || isKnown;
    }

    /// <summary>
    /// Whether a packet from outside may have come for a backend of this node by way of another node.
    /// </summary>
    private static bool MayArrive(in Lane lane, Topology topology)
    {
        Entry entry = topology.DirectReturn!.Dispatch == ReturnDispatch.Geneve ? Entry.Tunnel : Entry.Underlay;
        return lane.Entry == entry && lane.Source.Kind is PlaceKind.Outside or PlaceKind.Node
            && lane.Destination.Kind is PlaceKind.Pod or PlaceKind.Node
            && topology.DirectReturn.Covers(lane.Key.Protocol)
            && AdmitStage.NodeOf(lane.Destination, topology) == lane.Node;
    }

    /// <summary>Finds the connection that an earlier packet told; not if this one tells another frontend.</summary>
    private static bool TryJoin(ref Lane lane, bool isTold, PipelineState state)
    {
        FlowKey reply = lane.Key.Reversed();
        uint reference = state.Connections.Find(in reply);
        if ((reference & 1) == 0) return false;

        ref Connection connection = ref state.Connections[reference >> 1];
        bool isSame = connection.Original.Destination == lane.Frontend
            && connection.Original.DestinationPort == lane.FrontendPort;
        if (isTold && !isSame)
        {
            state.Connections.Remove(reference >> 1);
            return false;
        }

        lane.Connection = reference ^ 1;
        TrackStage.Update(ref lane, ref connection, state);
        return lane.Connection != 0;
    }

    /// <summary>
    /// Reads the frontend out of the packet, where the option is there; a Geneve option has been read with its header.
    /// </summary>
    private static bool TryRead(ref Lane lane, Topology topology)
    {
        if (topology.DirectReturn!.Dispatch == ReturnDispatch.Option) ReadOption(ref lane, topology.Names);
        return lane.Frontend != 0;
    }

    /// <summary>Whether the packet is leaving for another node by direct server return.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLeaving(in Lane lane) => lane.Frontend != 0 & lane.Exit is Exit.Tunnel or Exit.Direct;

    /// <summary>Reads what stands between this run's own Geneve header and the inner frame.</summary>
    public static void ReadOwnGeneve(ref Lane lane, Topology topology)
    {
        lane.Shape &= ~Shape.TellsFrontend;
        int size = topology.DirectReturn!.SizeOf(lane.Is(Shape.V6));
        ReadGeneve(ref lane, new ReadOnlySpan<byte>(lane.Network - EthernetHeader.Size - size, size), topology);
    }

    /// <summary>Reads a Geneve header's options.</summary>
    public static void ReadGeneve(ref Lane lane, ReadOnlySpan<byte> options, Topology topology)
    {
        ReadOnlySpan<byte> address = FrontendOption.ReadGeneve(options, out ushort port);
        bool isOfFamily = !address.IsEmpty && address.Length == V6AddressSize == lane.Is(Shape.V6);
        if (!isOfFamily || topology.DirectReturn is not { Dispatch: ReturnDispatch.Geneve }) return;

        SetFrontend(ref lane, address, port, topology.Names);
    }

    /// <summary>Writes the frontend's address as it lies on the wire.</summary>
    public static void WriteAddress(in Lane lane, Topology topology, byte* to)
    {
        if (lane.Is(Shape.V6)) topology.Names.WriteTo(lane.Frontend, to);
        else Unsafe.WriteUnaligned(to, Swap(lane.Frontend));
    }

    private static void InsertV4(ref Lane lane, byte* ip, Span<byte> option)
    {
        lane.Shape |= Shape.IpOptions;
        FrontendOption.WriteIpv4(option, lane.Frontend, lane.FrontendPort);
        ip[0] += OptionWords;
        ushort length = (ushort)(lane.NetworkLength + FrontendOption.Ipv4Size);
        Unsafe.WriteUnaligned(ip + Ipv4Header.TotalLengthOffset, Swap(length));
        Unsafe.WriteUnaligned(ip + Ipv4Header.ChecksumOffset, (ushort)0);
        var header = new ReadOnlySpan<byte>(ip, (ip[0] & 0x0F) * sizeof(uint));
        Unsafe.WriteUnaligned(ip + Ipv4Header.ChecksumOffset, InternetChecksum.Finish(InternetChecksum.Sum(header)));
    }

    private static void InsertV6(in Lane lane, byte* ip, Span<byte> option, Topology topology)
    {
        Span<byte> address = FrontendOption.WriteIpv6(option, ip[Ipv6Header.NextHeaderOffset], lane.FrontendPort);
        fixed (byte* to = address) topology.Names.WriteTo(lane.Frontend, to);
        ip[Ipv6Header.NextHeaderOffset] = IpProtocol.DestinationOptions;
        ushort length = (ushort)(lane.NetworkLength - Ipv6Header.Size + FrontendOption.Ipv6Size);
        Unsafe.WriteUnaligned(ip + Ipv6Header.PayloadLengthOffset, Swap(length));
    }

    private static void ReadOption(ref Lane lane, AddressNames names)
    {
        var packet = new ReadOnlySpan<byte>(lane.Network, Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize));
        if (lane.Is(Shape.V6))
        {
            ReadOnlySpan<byte> address = FrontendOption.ReadIpv6(packet, out ushort port);
            if (!address.IsEmpty) SetFrontend(ref lane, address, port, names);
        }
        else if (lane.Is(Shape.IpOptions))
        {
            int size = Math.Min(packet.Length, (packet[0] & 0x0F) * sizeof(uint));
            FrontendOption.TryReadIpv4(packet[Ipv4Header.Size..size], out lane.Frontend, out lane.FrontendPort);
        }
    }

    private static void SetFrontend(ref Lane lane, ReadOnlySpan<byte> address, ushort port, AddressNames names)
    {
        lane.FrontendPort = port;
        if (address.Length == sizeof(uint))
        {
            lane.Frontend = Swap(Unsafe.ReadUnaligned<uint>(in address[0]));
            return;
        }

        fixed (byte* bytes = address) lane.Frontend = names.NameOf(bytes);
    }

    private static uint Swap(uint value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static ushort Swap(ushort value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
