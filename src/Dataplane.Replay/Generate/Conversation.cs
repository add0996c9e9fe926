using Dataplane.Cluster.Synthetic;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>Gives the next packet of a flow, and keeps where each flow is: 16 bytes for each.</summary>
internal sealed class Conversation(TrafficOptions options, TrafficPaths paths, (string Name, IpAddress Address)[] names)
{
    private const int FrameChecksum = 4;
    private const byte FirstTtl = 64;
    private const byte TtlBehindTwoRouters = 62;
    private const uint LeastExchanges = 4;
    private const uint MoreExchanges = 60;
    private const uint ScannedPorts = 1024;

    private readonly FlowState[] _states = new FlowState[options.Flows];
    private readonly FrameComposer _composer = new();
    private readonly DnsMessages _dns = new(names);
    private readonly long[] _packets = new long[4];
    private long _bytes;
    private long _connections;
    private long _v6;
    private long _replies;

    /// <summary>Of packets with payload; as <see cref="TrafficOptions.FrameSize"/> counts.</summary>
    public int FrameSize { get; set; } = options.FrameSize;

    public TrafficReport Report() => new()
    {
        Packets = _packets.Sum(),
        Bytes = _bytes,
        Connections = _connections,
        TcpPackets = _packets[(int)FlowKind.Tcp],
        UdpPackets = _packets[(int)FlowKind.Udp],
        DnsPackets = _packets[(int)FlowKind.Dns],
        ScanPackets = _packets[(int)FlowKind.Scan],
        Ipv6Packets = _v6,
        ReplyPackets = _replies,
    };

    /// <summary>Whether the flow's next packet is one with payload, of a connection that stands.</summary>
    public bool IsEstablished(int flow) => _states[flow].Phase == FlowPhase.Data;

    /// <summary>The frame is good until the next call.</summary>
    public ReadOnlySpan<byte> Next(int flow, scoped ref SplitMix random)
    {
        FlowPath path = paths.PathOf(flow);
        ref FlowState state = ref _states[flow];
        _packets[(int)path.Kind]++;
        if (path.Source.IsV6) _v6++;
        ReadOnlySpan<byte> frame = path.Kind switch
        {
            FlowKind.Tcp => Tcp(path, ref state, ref random),
            FlowKind.Udp => Udp(path, ref state, ref random),
            FlowKind.Dns when path.Target.Port == 53 => Dns(path, ref state, (uint)flow),
            FlowKind.Dns => Udp(path, ref state, ref random),
            _ => Scan(path, ref state, ref random),
        };
        _bytes += frame.Length;
        return frame;
    }

    private ReadOnlySpan<byte> Tcp(scoped in FlowPath path, scoped ref FlowState state, scoped ref SplitMix random)
    {
        const TcpFlags Finish = TcpFlags.Fin | TcpFlags.Ack;
        switch (state.Phase)
        {
            case FlowPhase.Begin:
                Begin(ref state, ref random);
                state.ClientSequence = (uint)random.Next();
                state.ServerSequence = (uint)random.Next();
                state.Phase = FlowPhase.Accept;
                return Segment(path, ref state, TcpFlags.Syn, fromServer: false, 0);
            case FlowPhase.Accept:
                state.Phase = FlowPhase.Confirm;
                return Segment(path, ref state, TcpFlags.Syn | TcpFlags.Ack, fromServer: true, 0);
            case FlowPhase.Confirm:
                state.Phase = FlowPhase.Data;
                return Segment(path, ref state, TcpFlags.Ack, fromServer: false, 0);
            case FlowPhase.Data:
                if (IsLast(ref state)) state.Phase = FlowPhase.Finish;
                int size = PayloadSize(isTcp: true, path.Source.IsV6, ref random);
                return Segment(path, ref state, TcpFlags.Psh | TcpFlags.Ack, ComesBack(ref random), size);
            case FlowPhase.Finish:
                state.Phase = FlowPhase.FinishBack;
                return Segment(path, ref state, Finish, fromServer: false, 0);
            case FlowPhase.FinishBack:
                state.Phase = FlowPhase.Last;
                return Segment(path, ref state, Finish, fromServer: true, 0);
            default:
                ReadOnlySpan<byte> last = Segment(path, ref state, TcpFlags.Ack, fromServer: false, 0);
                End(ref state);
                return last;
        }
    }

    private ReadOnlySpan<byte> Udp(scoped in FlowPath path, scoped ref FlowState state, scoped ref SplitMix random)
    {
        bool first = state.Phase == FlowPhase.Begin;
        if (first) Begin(ref state, ref random);
        state.Phase = FlowPhase.Data;
        PacketPlan plan = Plan(path, state, fromServer: !first && ComesBack(ref random));
        plan.PayloadSize = PayloadSize(isTcp: false, path.Source.IsV6, ref random);
        plan.Id = (ushort)random.Next();
        if (IsLast(ref state)) End(ref state);
        return _composer.Compose(plan, options.LargestPacket);
    }

    private ReadOnlySpan<byte> Dns(scoped in FlowPath path, scoped ref FlowState state, uint flow)
    {
        bool answer = state.Phase == FlowPhase.Accept;
        if (!answer) _connections++;
        uint number = flow + state.Generation;
        PacketPlan plan = Plan(path, state, fromServer: answer);
        ushort id = (ushort)SplitMix.Of(flow, state.Generation);
        ReadOnlySpan<byte> message = _dns.Write(number, id, answer);
        plan.PayloadSize = message.Length;
        plan.Id = (ushort)(id ^ plan.SourcePort);
        if (answer || options.Replies == 0) End(ref state);
        else state.Phase = FlowPhase.Accept;
        return _composer.Compose(plan, message, options.LargestPacket);
    }

    /// <summary>A SYN to a port of some pod; nobody waits for an answer.</summary>
    private ReadOnlySpan<byte> Scan(scoped in FlowPath path, scoped ref FlowState state, scoped ref SplitMix random)
    {
        Target[] pods = paths.Scanned(path.Source.Family);
        Target pod = pods[random.Below((uint)pods.Length)];
        if (pod.Address == path.Source) pod = path.Target;
        FlowPath probe = path with { Target = pod with { Port = (ushort)(1 + state.Generation % ScannedPorts) } };
        PacketPlan plan = Plan(probe, state, fromServer: false);
        plan.IsTcp = true;
        plan.Flags = TcpFlags.Syn;
        plan.Sequence = (uint)random.Next();
        _connections++;
        End(ref state);
        return _composer.Compose(plan, options.LargestPacket);
    }

    private void Begin(ref FlowState state, scoped ref SplitMix random)
    {
        _connections++;
        state.Left = (ushort)(LeastExchanges + random.Below(MoreExchanges));
    }

    private static void End(ref FlowState state)
    {
        state.Phase = FlowPhase.Begin;
        state.Generation++;
    }

    private bool IsLast(ref FlowState state) => !options.LongLived && --state.Left == 0;

    private bool ComesBack(ref SplitMix random) => random.Below(100) < options.Replies;

    private ReadOnlySpan<byte> Segment(
        scoped in FlowPath path, scoped ref FlowState state, TcpFlags flags, bool fromServer, int size)
    {
        PacketPlan plan = Plan(path, state, fromServer);
        plan.IsTcp = true;
        plan.Flags = flags;
        plan.PayloadSize = size;
        plan.Sequence = fromServer ? state.ServerSequence : state.ClientSequence;
        plan.Acknowledgment = (flags & TcpFlags.Ack) == 0 ? 0 : fromServer ? state.ClientSequence
            : state.ServerSequence;
        plan.Id = (ushort)plan.Sequence;
        uint used = (uint)size + ((flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0 ? 1u : 0);
        if (fromServer) state.ServerSequence += used;
        else state.ClientSequence += used;
        return _composer.Compose(plan, options.LargestPacket);
    }

    private PacketPlan Plan(in FlowPath path, in FlowState state, bool fromServer)
    {
        bool bridged = path.Target.Node == path.Client.Node;
        MacAddress peer = bridged ? path.Target.Mac : path.Client.Gateway;
        ushort port = path.PortOf(state.Generation);
        if (fromServer) _replies++;
        return fromServer
            ? new PacketPlan
            {
                SourceMac = peer,
                DestinationMac = path.Client.Mac,
                Source = path.Target.Address,
                Destination = path.Source,
                SourcePort = path.Target.Port,
                DestinationPort = port,
                Ttl = bridged ? FirstTtl : TtlBehindTwoRouters,
            }
            : new PacketPlan
            {
                SourceMac = path.Client.Mac,
                DestinationMac = peer,
                Source = path.Source,
                Destination = path.Target.Address,
                SourcePort = port,
                DestinationPort = path.Target.Port,
                Ttl = FirstTtl,
            };
    }

    /// <summary>What is left of the frame for payload, at least a byte.</summary>
    private int PayloadSize(bool isTcp, bool v6, scoped ref SplitMix random)
    {
        int size = FrameSize;
        if (size == TrafficOptions.Imix) size = random.Below(12) switch { < 7 => 64, < 11 => 594, _ => 1518 };
        int frame = Math.Min(size - FrameChecksum, options.LargestPacket + EthernetHeader.Size);
        return Math.Max(1, frame - FrameComposer.HeadersOf(isTcp, TcpFlags.None, v6));
    }
}
