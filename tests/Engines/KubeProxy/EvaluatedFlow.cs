using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>
/// Sends a new connection's packet through the evaluator once for each decision that its draws can take: no draw says
/// yes, the first, the second and so on.
/// </summary>
internal static class EvaluatedFlow
{
    /// <summary>As <see cref="EveryPath.Of"/> tells it.</summary>
    public static (string Output, bool Masquerade) Of(IptablesRuleset text, ProxyNode node, SuiteFlow flow)
    {
        var interfaces = new InterfaceNames();
        using NetfilterRules rules = NetfilterRules.Compile(text, flow.Source.Family, interfaces);
        List<string> outputs = [];
        bool masquerade = false;
        for (int chosen = 0; ; chosen++)
        {
            using var state = new NetfilterState(rules);
            var draw = new NthDraw(chosen);
            (string output, masquerade) = Send(rules, state, node, flow, ref draw, interfaces.NumberOf("eth0"));
            outputs.Add(output);
            if (draw.Asked <= chosen) return (string.Join(", ", outputs), masquerade);
        }
    }

    private static (string Output, bool Masquerade) Send(
        NetfilterRules rules, NetfilterState state, ProxyNode node, SuiteFlow flow, ref NthDraw draw, ushort uplink)
    {
        TraceOff trace = default;
        bool isFromNode = IsLocal(node, flow.Source);
        NetfilterPacket packet = PacketOf(node, flow);
        if (isFromNode) packet.OutInterface = uplink;
        else packet.InInterface = uplink;

        NetfilterOutcome nat = isFromNode
            ? rules.Output(in packet, state, ref draw, ref trace)
            : rules.Prerouting(in packet, state, ref draw, ref trace);
        packet.Mark = nat.Mark;
        string output = nat.Nat.Kind == NatKind.Destination ? Translate(ref packet, node, in nat.Nat) : "";

        List<VisitedRule> visited = [];
        var watch = new TraceRules(visited);
        NetfilterOutcome filter = isFromNode ? rules.FilterOutput(in packet, state, ref draw, ref watch)
            : packet.DestinationType == AddressTypes.Local ? rules.Input(in packet, state, ref draw, ref watch)
            : rules.Forward(in packet, state, ref draw, ref watch);
        if (filter.Verdict == NetfilterVerdict.Drop) return ("DROP", false);
        if (filter.Verdict == NetfilterVerdict.Reject) return ("REJECT", false);

        bool isAccepted = visited.Any(visit => visit.IsMatch && rules.PlaceOf(visit.Rule).Rule?.Target == "ACCEPT");
        if (isAccepted && output.Length == 0) output = "ACCEPT";

        packet.Mark = filter.Mark;
        (packet.InInterface, packet.OutInterface) = (0, uplink);
        NetfilterOutcome post = rules.Postrouting(in packet, state, ref draw, ref trace);
        return (output, post.Nat.Kind == NatKind.Masquerade);
    }

    private static string Translate(ref NetfilterPacket packet, ProxyNode node, in NatRequest nat)
    {
        IpAddress address = packet.Family == 4
            ? IpAddress.FromV4((uint)nat.FirstAddress)
            : IpAddress.FromV6(nat.FirstAddress);
        packet.Destination = nat.FirstAddress;
        packet.DestinationPort = nat.FirstPort;
        packet.DestinationType = TypeOf(node, address);
        packet.State |= ConnectionStates.DestinationTranslated;
        return packet.Family == 4 ? $"{address}:{nat.FirstPort}" : $"[{address}]:{nat.FirstPort}";
    }

    private static NetfilterPacket PacketOf(ProxyNode node, SuiteFlow flow) => new()
    {
        Source = flow.Source.Value,
        Destination = flow.Destination.Value,
        OriginalSource = flow.Source.Value,
        OriginalDestination = flow.Destination.Value,
        SourcePort = 40000,
        OriginalSourcePort = 40000,
        DestinationPort = flow.Port,
        OriginalDestinationPort = flow.Port,
        Protocol = flow.Protocol,
        Family = (byte)flow.Source.Family,
        SourceType = TypeOf(node, flow.Source),
        DestinationType = TypeOf(node, flow.Destination),
        State = ConnectionStates.New,
        Facts = PacketFacts.IsFirst,
    };

    private static AddressTypes TypeOf(ProxyNode node, IpAddress address) =>
        IsLocal(node, address) ? AddressTypes.Local : AddressTypes.Unicast;

    private static bool IsLocal(ProxyNode node, IpAddress address) =>
        node.Addresses.Contains(address) || IpPrefix.Parse("127.0.0.0/8").Contains(address)
        || address == IpAddress.Parse("::1");

    /// <summary>Says yes to one question and no to all others.</summary>
    private struct NthDraw(int chosen) : INetfilterDraw
    {
        public int Asked { get; private set; }

        public bool Decide(int rule, uint probability) => Asked++ == chosen;
    }
}
