using System.Globalization;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>
/// Plays node 1 of golden 40-kube-proxy around the rules: conntrack, routing and translation of a lab with
/// four pods and one uplink. Frames that were captured on their way to the node go in; frames that it sent
/// are what must come out.
/// </summary>
public sealed class KubeProxyLab : IDisposable
{
    private const uint NodeAddress = 0xC0A8_380B;
    private const uint BridgeAddress = 0x0AF4_0101;
    private const string Uplink = "eth0";

    private static readonly Dictionary<uint, string> Pods = new()
    {
        [0x0AF4_010A] = "c1",
        [0x0AF4_010B] = "c2",
        [0x0AF4_0114] = "a",
        [0x0AF4_0115] = "b",
    };

    private readonly InterfaceNames _interfaces = new();
    private readonly bool _isBridge;
    private readonly NetfilterRules _rules;
    private readonly NetfilterState _state;
    private readonly RuleCounters _counters;
    private readonly Dictionary<(uint, uint, ushort, ushort, byte), (Flow Flow, bool IsReply)> _flows = [];
    private readonly List<Flow> _confirmed = [];
    private readonly Dictionary<string, Queue<KubeProxyPacket>> _sent = [];
    private readonly List<KubeProxyPacket> _fragments = [];
    private Dictionary<string, Queue<(KubeProxyPacket Packet, bool IsToNode)>> _seen = [];
    private KubeProxyCase _case = null!;
    private KernelChoices _choices;
    /// <summary>
    /// The connection whose packet was refused last: the kernel gives it to its answer (<c>nf_ct_attach</c>).
    /// </summary>
    private Flow? _refused;

    private long _now;

    public KubeProxyLab(string setup)
    {
        _isBridge = setup.StartsWith("bridge", StringComparison.Ordinal);
        string name = $"40-kube-proxy/{setup}/ruleset.txt";
        _rules = NetfilterRules.Compile(IptablesRuleset.Parse(GoldenFolder.ReadText(name), name), 4, _interfaces);
        _state = new NetfilterState(_rules);
        _counters = new RuleCounters(_rules);
    }

    /// <summary>What the last case's packets visited, hook by hook.</summary>
    public List<KubeProxySegment> Segments { get; } = [];

    /// <summary>What went wrong in the last case, in words.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>The rule that dropped or refused a packet in the last case.</summary>
    public string? DecidingRule { get; private set; }

    public RejectWith Reject { get; private set; }

    public IEnumerable<(string Original, string Translated)> Translations => _confirmed.Select(flow =>
        (Text(flow.Original), Text((flow.Reply.Destination, flow.Reply.Source,
            flow.Reply.DestinationPort, flow.Reply.SourcePort, flow.Reply.Protocol))));

    public Dictionary<string, (long Packets, long Bytes)> RulesHit()
    {
        Dictionary<string, (long, long)> hits = [];
        for (int rule = 0; rule < _rules.Size; rule++)
        {
            RulePlace place = _rules.PlaceOf(rule);
            if (_counters.PacketsOf(rule) == 0 || (place.Rule is null && place.Chain.Policy is null)) continue;

            string key = place.Rule is not null
                ? $"{place.Table} {place.Rule}"
                : $"{place.Table} policy {place.Chain.Name}";
            (long packets, long bytes) = hits.GetValueOrDefault(key);
            hits[key] = (packets + _counters.PacketsOf(rule), bytes + _counters.BytesOf(rule));
        }

        return hits;
    }

    public void Run(KubeProxyCase played)
    {
        _case = played;
        _choices = new KernelChoices(_rules, played);
        _flows.Clear();
        _confirmed.Clear();
        _sent.Clear();
        _counters.Clear();
        Segments.Clear();
        Complaints.Clear();
        (DecidingRule, Reject, _refused) = (null, RejectWith.None, null);
        _seen = played.Frames.Where(point => IsAtNode(point.Key))
            .ToDictionary(point => point.Key, point => Read(point.Key, point.Value));
        while (TakeStep())
        {
        }
    }

    /// <summary>
    /// What no capture point saw: a process of the node asks for a Service without endpoints, and the refusal comes
    /// back over the loopback interface.
    /// </summary>
    public void RefuseLocally(KubeProxyPacket first)
    {
        LeaveLocally(first);
        if (Reject != RejectWith.PortUnreachable) return;

        LeaveLocally(new KubeProxyPacket(NodeAddress, NodeAddress, 0, 0, 1, 20 + 8 + first.Length)
        {
            IcmpType = 3,
            IcmpCode = 3,
            Inner = first,
        });
    }

    public void Dispose()
    {
        _state.Dispose();
        _rules.Dispose();
    }

    private static bool IsAtNode(string point) => point is "c1" or "c2" or "a" or "b" or "n1-eth0";

    private static Queue<(KubeProxyPacket, bool)> Read(string point, List<byte[]> frames)
    {
        byte[] pod = [0x0a, 0x58, 0x0a, 0xf4, 0x01, point switch { "c1" => 10, "c2" => 11, "a" => 20, _ => 21 }];
        byte[] node = [0x02, 0x00, 0xc0, 0xa8, 0x38, 0x0b];
        Queue<(KubeProxyPacket, bool)> packets = new();
        foreach (byte[] frame in frames)
        {
            if (KubeProxyPacket.Read(frame) is not { } packet) continue;

            bool isToNode = point == "n1-eth0"
                ? frame.AsSpan(0, 6).SequenceEqual(node)
                : frame.AsSpan(6, 6).SequenceEqual(pod) && !frame.AsSpan(0, 6).SequenceEqual(pod);
            packets.Enqueue((packet, isToNode));
        }

        return packets;
    }

    /// <summary>
    /// One frame: one that the node was seen to send must have been sent; else one that goes to the node enters; else
    /// the node itself must be the origin of what comes next.
    /// </summary>
    private bool TakeStep()
    {
        foreach ((string point, Queue<(KubeProxyPacket Packet, bool IsToNode)> queue) in _seen)
        {
            if (queue.Count == 0 || queue.Peek().IsToNode || !_sent.TryGetValue(point, out Queue<KubeProxyPacket>? sent)
                || sent.Count == 0)
                continue;

            KubeProxyPacket seen = queue.Dequeue().Packet;
            if (!seen.HasMoreFragments) Compare(point, sent.Dequeue(), seen);
            return true;
        }

        foreach ((string point, Queue<(KubeProxyPacket Packet, bool IsToNode)> queue) in _seen)
        {
            if (queue.Count == 0 || !queue.Peek().IsToNode) continue;

            _now += 1_000_000;
            Enter(point, queue.Dequeue().Packet);
            return true;
        }

        KeyValuePair<string, Queue<(KubeProxyPacket Packet, bool IsToNode)>> blocked = _seen.FirstOrDefault(point =>
            point.Value.Count > 0);
        if (blocked.Key is null) return false;

        LeaveLocally(BeforeTranslation(blocked.Value.Peek().Packet));
        if (_sent.TryGetValue(blocked.Key, out Queue<KubeProxyPacket>? left) && left.Count > 0) return true;

        Complaints.Add(
            $"{blocked.Key}: the node sent what nobody asked for: {Text(blocked.Value.Peek().Packet.Tuple)}");
        return false;
    }

    private void Compare(string point, KubeProxyPacket sent, KubeProxyPacket seen)
    {
        bool isSame = sent.Protocol == seen.Protocol && sent.Source == seen.Source
            && sent.Destination == seen.Destination
            && (seen.FragmentOffset > 0
                || (sent.SourcePort == seen.SourcePort && sent.DestinationPort == seen.DestinationPort));
        if (!isSame) Complaints.Add($"{point}: sent {Text(sent.Tuple)}, the kernel {Text(seen.Tuple)}");
    }

    private void Enter(string point, KubeProxyPacket packet)
    {
        if (packet.IsFragment)
        {
            _fragments.Add(packet);
            if (packet.HasMoreFragments) return;

            packet = _fragments[0] with
            {
                Length = (uint)(20 + packet.FragmentOffset + packet.Length - 20),
                HasMoreFragments = false,
            };
            _fragments.Clear();
        }

        Passage passage = new(packet, point == "n1-eth0" ? Uplink : $"ve{point}", "");
        if (_isBridge && passage.In != Uplink) passage = passage with { In = "cni0" };
        Ask(passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
            _rules.Raw(NetfilterHook.Prerouting, in facts, _state, ref choices, ref trace));
        Track(passage);
        NetfilterOutcome outcome = Ask(
            passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
                _rules.Prerouting(in facts, _state, ref choices, ref trace));
        if (!Goes(passage, outcome)) return;

        TranslateDestination(passage, outcome.Nat);
        if (IsLocal(passage.Packet.Destination)) Deliver(passage);
        else Forward(passage);
    }

    private void Deliver(Passage passage)
    {
        NetfilterOutcome outcome = Ask(
            passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
                _rules.Input(in facts, _state, ref choices, ref trace));
        if (Goes(passage, outcome)) Confirm(passage);
    }

    private void Forward(Passage passage)
    {
        passage = passage with { Out = WayTo(passage.Packet.Destination) };
        bool isRouted = !_isBridge || passage.In == Uplink || passage.Out == Uplink;
        if (isRouted && passage.Packet.Ttl <= 1)
        {
            _refused = passage.Flow;
            return;
        }

        passage.Packet = passage.Packet with { Ttl = (byte)(passage.Packet.Ttl - (isRouted ? 1 : 0)) };
        NetfilterOutcome outcome = Ask(
            passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
                _rules.Forward(in facts, _state, ref choices, ref trace));
        if (Goes(passage, outcome)) Leave(passage);
    }

    private void LeaveLocally(KubeProxyPacket packet)
    {
        Passage passage = new(packet, "", WayTo(packet.Destination));
        Ask(passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
            _rules.Raw(NetfilterHook.Output, in facts, _state, ref choices, ref trace));
        Track(passage);
        NetfilterOutcome outcome = Ask(
            passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
                _rules.Output(in facts, _state, ref choices, ref trace));
        if (!Goes(passage, outcome)) return;

        TranslateDestination(passage, outcome.Nat);
        outcome = Ask(passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
            _rules.FilterOutput(in facts, _state, ref choices, ref trace));
        if (!Goes(passage, outcome)) return;

        passage = passage with { Out = WayTo(passage.Packet.Destination) };
        Leave(passage);
    }

    private void Leave(Passage passage)
    {
        NetfilterOutcome outcome = Ask(
            passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
                _rules.Postrouting(in facts, _state, ref choices, ref trace));
        if (!Goes(passage, outcome)) return;

        TranslateSource(passage, outcome.Nat);
        Confirm(passage);
        string point = PointOf(passage.Packet.Destination);
        if (point == "lo") ComeBack(passage with { In = "lo", Out = "" });
        else if (_sent.TryGetValue(point, out Queue<KubeProxyPacket>? queue)) queue.Enqueue(passage.Packet);
        else _sent.Add(point, new Queue<KubeProxyPacket>([passage.Packet]));
    }

    /// <summary>Over the loopback interface, with the connection that it has.</summary>
    private void ComeBack(Passage passage)
    {
        Ask(passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
            _rules.Raw(NetfilterHook.Prerouting, in facts, _state, ref choices, ref trace));
        Ask(passage, (in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace) =>
            _rules.Prerouting(in facts, _state, ref choices, ref trace));
        Deliver(passage);
    }

    private NetfilterOutcome Ask(Passage passage, Hook hook)
    {
        NetfilterPacket facts = FactsOf(passage);
        LabTrace trace = new(_counters, []);
        NetfilterOutcome outcome = hook(in facts, ref _choices, ref trace);
        foreach (IGrouping<string, RulePlace> table in trace.Matches.Select(_rules.PlaceOf)
            .GroupBy(place => place.Table))
        {
            List<string> rules = [.. table.Where(place => place.Rule is not null || place.Chain.Policy is not null)
                .Select(place => place.ToTraceText())];
            Segments.Add(new KubeProxySegment(passage.In, passage.Out, passage.Packet, rules));
        }

        passage.Mark = outcome.Mark;
        return outcome;
    }

    private bool Goes(Passage passage, NetfilterOutcome outcome)
    {
        if (outcome.Verdict == NetfilterVerdict.Accept) return true;

        DecidingRule = _rules.PlaceOf(outcome.Rule).Rule?.ToString();
        Reject = outcome.Reject;
        _refused = passage.Flow;
        return false;
    }

    private NetfilterPacket FactsOf(Passage passage)
    {
        KubeProxyPacket packet = passage.Packet;
        NetfilterPacket facts = new()
        {
            Source = packet.Source,
            Destination = packet.Destination,
            SourcePort = packet.SourcePort,
            DestinationPort = packet.DestinationPort,
            Protocol = packet.Protocol,
            Family = 4,
            TcpFlags = packet.TcpFlags,
            IcmpType = packet.IcmpType,
            IcmpCode = packet.IcmpCode,
            Length = packet.Length,
            Now = _now,
            Mark = passage.Mark,
            InInterface = passage.In.Length > 0 ? _interfaces.NumberOf(passage.In) : (ushort)0,
            OutInterface = passage.Out.Length > 0 ? _interfaces.NumberOf(passage.Out) : (ushort)0,
            SourceType = IsLocal(packet.Source) ? AddressTypes.Local : AddressTypes.Unicast,
            DestinationType = IsLocal(packet.Destination) ? AddressTypes.Local : AddressTypes.Unicast,
            State = passage.State,
        };
        if (passage.Flow is { } flow)
        {
            if (flow.IsSourceTranslated) facts.State |= ConnectionStates.SourceTranslated;
            if (flow.IsDestinationTranslated) facts.State |= ConnectionStates.DestinationTranslated;
            if (!flow.IsConfirmed && passage.State == ConnectionStates.New) facts.Facts |= PacketFacts.IsFirst;
            if (passage.IsReply) facts.Facts |= PacketFacts.IsReply;
        }

        return facts;
    }

    private void Track(Passage passage)
    {
        KubeProxyPacket packet = passage.Packet;
        passage.State = ConnectionStates.Invalid;
        if (packet.Inner is { } inner)
        {
            (uint, uint, ushort, ushort, byte) inverse = (inner.Destination,
                inner.Source, inner.DestinationPort, inner.SourcePort, inner.Protocol);
            if (!_flows.TryGetValue(inverse, out (Flow Flow, bool IsReply) about))
            {
                if (passage.In.Length > 0 || _refused is null) return;

                about = (_refused, true);
            }

            (passage.Flow, passage.IsReply, passage.State) = (about.Flow, about.IsReply, ConnectionStates.Related);
            return;
        }

        if (_flows.TryGetValue(packet.Tuple, out (Flow Flow, bool IsReply) found))
        {
            (passage.Flow, passage.IsReply) = found;
            found.Flow.IsReplied |= found.IsReply;
            passage.State = found.Flow.IsReplied ? ConnectionStates.Established : ConnectionStates.New;
        }
        else if (MayBegin(packet))
        {
            passage.Flow = new Flow(packet.Tuple);
            passage.State = ConnectionStates.New;
        }
    }

    /// <summary>
    /// Without an entry: resets, SYN-ACK, SYN with FIN are INVALID, and a wrong checksum on the way in.
    /// </summary>
    private bool MayBegin(KubeProxyPacket packet)
    {
        if (packet.Protocol != 6) return true;
        if (_case.Name.Contains("wrong TCP checksum", StringComparison.Ordinal)) return false;

        return (packet.TcpFlags & 0x17) is 0x02 or 0x10;
    }

    private static void TranslateDestination(Passage passage, NatRequest nat)
    {
        if (passage.Flow is not { } flow) return;

        KubeProxyPacket packet = passage.Packet;
        if (nat.Kind == NatKind.Destination)
        {
            flow.IsDestinationTranslated = true;
            flow.Reply.Source = (uint)nat.FirstAddress;
            if ((nat.Options & NatOptions.HasPorts) != 0) flow.Reply.SourcePort = nat.FirstPort;
        }

        (uint address, ushort port) = passage.IsReply
            ? (flow.Original.Source, flow.Original.SourcePort)
            : (flow.Reply.Source, flow.Reply.SourcePort);
        passage.Packet = packet with
        {
            Destination = address,
            DestinationPort = packet.Inner is null ? port : (ushort)0,
        };
    }

    private void TranslateSource(Passage passage, NatRequest nat)
    {
        if (passage.Flow is not { } flow) return;

        KubeProxyPacket packet = passage.Packet;
        if (nat.Kind == NatKind.Masquerade)
        {
            uint address = passage.Out == Uplink ? NodeAddress : BridgeAddress;
            flow.IsSourceTranslated = address != packet.Source;
            flow.Reply.Destination = address;
            if (_flows.ContainsKey(flow.Reply)) flow.Reply.DestinationPort = SeenPort(packet.Destination);
        }

        if (packet.Inner is not null)
        {
            if (passage.IsReply && flow.IsDestinationTranslated)
                passage.Packet = packet with { Source = flow.Original.Destination };
            return;
        }

        (uint source, ushort port) = passage.IsReply
            ? (flow.Original.Destination, flow.Original.DestinationPort)
            : (flow.Reply.Destination, flow.Reply.DestinationPort);
        passage.Packet = packet with { Source = source, SourcePort = port };
    }

    /// <summary>The port that the kernel drew where the connection's own was taken: told, not computed.</summary>
    private ushort SeenPort(uint destination) =>
        _seen[PointOf(destination)]
            .First(seen => !seen.IsToNode && seen.Packet.Destination == destination).Packet.SourcePort;

    private void Confirm(Passage passage)
    {
        if (passage.Flow is not { IsConfirmed: false } flow || passage.State != ConnectionStates.New) return;

        flow.IsConfirmed = true;
        _flows[flow.Original] = (flow, false);
        _flows[flow.Reply] = (flow, true);
        _confirmed.Add(flow);
    }

    /// <summary>What a local process sent, when this is what became of it.</summary>
    private KubeProxyPacket BeforeTranslation(KubeProxyPacket seen)
    {
        if (seen.Protocol == 1) return IsLocal(seen.Source) ? seen : seen with { Source = BridgeAddress };

        Flow? flow = _confirmed.Find(flow => (flow.Reply.Destination, flow.Reply.Source,
            flow.Reply.DestinationPort, flow.Reply.SourcePort, flow.Reply.Protocol) == seen.Tuple);
        if (flow is not null)
        {
            return seen with
            {
                Source = flow.Original.Source,
                Destination = flow.Original.Destination,
                SourcePort = flow.Original.SourcePort,
                DestinationPort = flow.Original.DestinationPort,
            };
        }

        string original = _case.Translations.FirstOrDefault(nat => nat.Translated == Text(seen.Tuple)).Original
            ?? Text(seen.Tuple);
        string[] ends = original.Split([" > ", ":"], StringSplitOptions.None);
        return seen with
        {
            Source = IpAddress.Parse(ends[0]).V4,
            SourcePort = ushort.Parse(ends[1], CultureInfo.InvariantCulture),
            Destination = IpAddress.Parse(ends[2]).V4,
            DestinationPort = ushort.Parse(ends[3], CultureInfo.InvariantCulture),
        };
    }

    private static bool IsLocal(uint address) => address is NodeAddress or BridgeAddress || address >> 24 == 127;

    private string WayTo(uint address)
    {
        string point = PointOf(address);
        return point == "n1-eth0" ? Uplink : point == "lo" ? "lo" : _isBridge ? "cni0" : $"ve{point}";
    }

    private static string PointOf(uint address) =>
        IsLocal(address) ? "lo" : Pods.TryGetValue(address, out string? pod) ? pod : "n1-eth0";

    private static string Text(
        (uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, byte Protocol) tuple) =>
        $"{IpAddress.FromV4(tuple.Source)}:{tuple.SourcePort} > "
        + $"{IpAddress.FromV4(tuple.Destination)}:{tuple.DestinationPort}";

    private delegate NetfilterOutcome Hook(in NetfilterPacket facts, ref KernelChoices choices, ref LabTrace trace);

    private sealed record Passage(KubeProxyPacket First, string In, string Out)
    {
        public KubeProxyPacket Packet { get; set; } = First;

        public Flow? Flow { get; set; }

        public bool IsReply { get; set; }

        public ConnectionStates State { get; set; } = ConnectionStates.Invalid;

        public uint Mark { get; set; }
    }

    private sealed class Flow(
        (uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, byte Protocol) original)
    {
        public (uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, byte Protocol) Original =>
            original;

        public (uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, byte Protocol) Reply =
            (original.Destination, original.Source, original.DestinationPort, original.SourcePort, original.Protocol);

        public bool IsReplied { get; set; }

        public bool IsConfirmed { get; set; }

        public bool IsSourceTranslated { get; set; }

        public bool IsDestinationTranslated { get; set; }
    }

    /// <summary>Counts, and keeps which rules matched.</summary>
    private struct LabTrace(RuleCounters counters, List<int> matches) : INetfilterTrace
    {
        public static bool IsOn => true;

        public readonly List<int> Matches => matches;

        public readonly void Visited(int first, int last) => counters.RulesVisited += last - first + 1;

        public readonly void Matched(int rule, uint bytes)
        {
            counters.Add(rule, bytes);
            matches.Add(rule);
        }
    }
}
