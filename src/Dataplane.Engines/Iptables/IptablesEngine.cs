using Dataplane.Core;
using Dataplane.Engines.Explanation;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// Services as iptables finds them: a connection's first packet walks the node's tables hook by hook, rule by rule
/// (<c>ip_tables.c</c>, <c>ipt_do_table</c>). Later packets go by their connection, and are not filtered again.
/// </summary>
public readonly struct IptablesEngine(IptablesNodes nodes, RuleQuery queries, bool translatesAnything)
    : IExplainingEngine
{
    public static string Name => "iptables";

    public static bool FollowsConnections => false;

    public bool TranslatesAnything => translatesAnything;

    public void Prefetch(in FlowKey key)
    {
    }

    public uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw) => 0;

    public uint AddressOf(uint backend) => 0;

    public ServiceVerdict Lookup(in ServiceQuery query, in ServiceState state, ref Draw draw)
    {
        var trace = default(TraceOff);
        return Walk(in query, in state, ref draw, ref trace);
    }

    public ServiceVerdict Explain(
        in ServiceQuery query, in ServiceState state, ref Draw draw, ICollection<LookupStep> steps)
    {
        List<VisitedRule> visited = [];
        var trace = new TraceRules(visited);
        ServiceVerdict verdict = Walk(in query, in state, ref draw, ref trace);
        NetfilterRules rules = nodes.At(query.Key.Zone, query.Key.Family).Rules;
        foreach (LookupStep step in RuleWalkText.Steps(rules, visited)) steps.Add(step);
        return verdict;
    }

    /// <summary>The look-up, with somebody who watches its rules.</summary>
    public ServiceVerdict Walk<TTrace>(in ServiceQuery query, in ServiceState state, ref Draw draw, ref TTrace trace)
        where TTrace : struct, INetfilterTrace
    {
        var random = new RandomDraw(draw);
        NodeRules node = nodes.At(query.Key.Zone, query.Key.Family);
        ServiceVerdict verdict = Walk(node, in query, state.Now, ref random, ref trace);
        draw = random.Rest;
        return verdict;
    }

    public void Commit(in ServiceQuery query, in ServiceVerdict verdict, in ServiceState state)
    {
    }

    public void Follow(in ServiceQuery query, bool isReply, in ServiceState state)
    {
    }

    private ServiceVerdict Walk<TTrace>(
        NodeRules node, in ServiceQuery query, long now, ref RandomDraw draw, ref TTrace trace)
        where TTrace : struct, INetfilterTrace
    {
        ServiceVerdict verdict = default;
        NetfilterPacket packet = queries.PacketOf(in query, now);
        bool isOutput = query.Entry == Entry.LocalOutput;
        if (isOutput) packet.OutInterface = LeavesBy(in packet, query.Destination, query.Key.Zone);
        NetfilterOutcome first = isOutput
            ? node.Rules.Output(in packet, node.State, ref draw, ref trace)
            : node.Rules.Prerouting(in packet, node.State, ref draw, ref trace);
        if (first.Verdict != NetfilterVerdict.Accept) return Refused(node, in first);

        Take(ref packet, in first);
        Place to = query.Destination;
        if (first.Nat.Kind is NatKind.Destination or NatKind.Redirect)
        {
            to = queries.Translate(ref packet, in first.Nat, query.Key.Zone);
            verdict.Outcome = ServiceOutcome.Backend;
            verdict.Service = (uint)first.NatRule + 1;
            verdict.BackendAddress = queries.NameOf(packet.Destination, packet.Family);
            verdict.BackendPort = packet.DestinationPort;
        }

        bool isLocal = packet.DestinationType == AddressTypes.Local;
        packet.OutInterface = isLocal && !isOutput ? (ushort)0 : LeavesBy(in packet, to, query.Key.Zone);
        NetfilterOutcome filtered = isOutput ? node.Rules.FilterOutput(in packet, node.State, ref draw, ref trace)
            : isLocal ? node.Rules.Input(in packet, node.State, ref draw, ref trace)
            : node.Rules.Forward(in packet, node.State, ref draw, ref trace);
        if (filtered.Verdict != NetfilterVerdict.Accept) return Refused(node, in filtered);
        if (isLocal && !isOutput) return verdict;

        Take(ref packet, in filtered);
        packet.InInterface = 0;
        NetfilterOutcome last = node.Rules.Postrouting(in packet, node.State, ref draw, ref trace);
        if (last.Verdict != NetfilterVerdict.Accept) return Refused(node, in last);

        queries.GiveSource(ref verdict, in last.Nat, packet.Family);
        if (!isLocal) return verdict;

        Take(ref packet, in last);
        NetfilterOutcome received = ComeBack(node, ref packet, ref draw, ref trace);
        return received.Verdict == NetfilterVerdict.Accept ? verdict : Refused(node, in received);
    }

    private ushort LeavesBy(in NetfilterPacket packet, Place to, int node) =>
        packet.DestinationType == AddressTypes.Local ? queries.Loopback : queries.Towards(to, node, packet.Family == 6);

    /// <summary>What the node sends to itself comes in over lo, with the translation that it left with.</summary>
    private NetfilterOutcome ComeBack<TTrace>(
        NodeRules node, ref NetfilterPacket packet, ref RandomDraw draw, ref TTrace trace)
        where TTrace : struct, INetfilterTrace
    {
        packet.Facts &= ~PacketFacts.IsFirst;
        packet.OutInterface = 0;
        packet.InInterface = queries.Loopback;
        NetfilterOutcome outcome = node.Rules.Prerouting(in packet, node.State, ref draw, ref trace);
        if (outcome.Verdict != NetfilterVerdict.Accept) return outcome;

        Take(ref packet, in outcome);
        return node.Rules.Input(in packet, node.State, ref draw, ref trace);
    }

    private static void Take(ref NetfilterPacket packet, in NetfilterOutcome outcome)
    {
        packet.Mark = outcome.Mark;
        packet.ConnectionMark = outcome.ConnectionMark;
    }

    // kube-proxy's chains say why; other rules are rules.
    private static ServiceVerdict Refused(NodeRules node, in NetfilterOutcome outcome)
    {
        string chain = node.Rules.PlaceOf(outcome.Rule).Chain.Name;
        bool isReject = outcome.Verdict == NetfilterVerdict.Reject;
        DropReason reason = chain switch
        {
            "KUBE-SERVICES" or "KUBE-EXTERNAL-SERVICES" when isReject => DropReason.NoBackend,
            "KUBE-SERVICES" or "KUBE-EXTERNAL-SERVICES" => DropReason.NoLocalBackend,
            "KUBE-PROXY-FIREWALL" => DropReason.SourceDenied,
            _ => isReject ? DropReason.RejectedByRule : DropReason.DroppedByRule,
        };
        ServiceOutcome refusal = isReject ? ServiceOutcome.NoBackend : ServiceOutcome.Denied;
        return new ServiceVerdict { Outcome = refusal, Drop = reason, Service = (uint)outcome.Rule + 1 };
    }
}
