using Dataplane.Core;
using Dataplane.Engines.Explanation;
using Dataplane.Engines.Iptables;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Services as kube-proxy's IPVS mode finds them: rules mark at PREROUTING, IPVS schedules at LOCAL_IN or LOCAL_OUT
/// (<c>ip_vs_core.c</c>), and rules masquerade at POSTROUTING.
/// </summary>
public readonly struct IpvsEngine(IpvsNodes nodes, RuleQuery queries) : IExplainingEngine
{
    public static string Name => "ipvs";

    public static bool FollowsConnections => true;

    public bool TranslatesAnything => false;

    public void Prefetch(in FlowKey key)
    {
        IpvsNode node = nodes.At(key.Zone);
        new IpvsLookup(node.Tables).Prefetch(in key);
        node.State.Connections.Prefetch(in key);
        node.RulesOf(key.Family)?.Rules.PrefetchSets(in key);
    }

    /// <summary>
    /// What a look-up reads is sent for; which node's number a backend has, the number does not tell.
    /// </summary>
    public uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw)
    {
        IpvsNode node = nodes.At(key.Zone);
        new IpvsLookup(node.Tables).PrefetchNext(in key, node.State);
        node.RulesOf(key.Family)?.Rules.PrefetchEntries(in key);
        return 0;
    }

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
        IpvsExplanation.Tell(nodes.At(query.Key.Zone), in query.Key, in verdict, visited, steps);
        return verdict;
    }

    /// <summary>The look-up, with somebody who watches its rules.</summary>
    public ServiceVerdict Walk<TTrace>(in ServiceQuery query, in ServiceState state, ref Draw draw, ref TTrace trace)
        where TTrace : struct, INetfilterTrace
    {
        IpvsNode node = nodes.At(query.Key.Zone);
        node.State.Advance(state.Now);
        NodeRules? rules = node.RulesOf(query.Key.Family);
        NetfilterPacket packet = queries.PacketOf(in query, state.Now);
        var random = new RandomDraw(draw);
        if (rules is not null)
        {
            NetfilterOutcome first = query.Entry == Entry.LocalOutput
                ? rules.Rules.Output(in packet, rules.State, ref random, ref trace)
                : rules.Rules.Prerouting(in packet, rules.State, ref random, ref trace);
            packet.Mark = first.Mark;
            packet.DestinationType = AddressTypes.Local;
            NetfilterOutcome input = query.Entry == Entry.LocalOutput
                ? rules.Rules.FilterOutput(in packet, rules.State, ref random, ref trace)
                : rules.Rules.Input(in packet, rules.State, ref random, ref trace);
            if (input.Verdict == NetfilterVerdict.Drop)
                return new ServiceVerdict { Outcome = ServiceOutcome.Denied, Drop = DropReason.SourceDenied };
        }

        ServiceVerdict verdict = Schedule(node, in query, state.Now);
        if (verdict.Outcome == ServiceOutcome.Backend && rules is not null)
            GiveSource(rules, packet, ref verdict, in query, ref random, ref trace);
        draw = random.Rest;
        return verdict;
    }

    public void Commit(in ServiceQuery query, in ServiceVerdict verdict, in ServiceState state)
    {
        IpvsState memory = nodes.At(query.Key.Zone).State;
        if (verdict.Outcome != ServiceOutcome.Backend || memory.Connections.Find(in query.Key) != 0) return;

        memory.Commit(in query.Key, in verdict, query.TcpFlags, ChunkOf(in query), state.Now);
    }

    public void Follow(in ServiceQuery query, bool isReply, in ServiceState state)
    {
        IpvsState memory = nodes.At(query.Key.Zone).State;
        memory.Advance(state.Now);
        uint connection = memory.Connections.Find(in query.Key);
        if (connection == 0) return;

        memory.Transit(
            connection, isReply ? IpvsDirection.Output : IpvsDirection.Input, query.TcpFlags, sctpChunk: 0, state.Now);
    }

    private static ServiceVerdict Schedule(IpvsNode node, in ServiceQuery query, long now)
    {
        ServiceVerdict verdict = default;
        uint service = node.Tables.FindService(in query.Key);
        if (service == 0) return verdict;

        byte chunk = ChunkOf(in query);
        node.State.Receive(in query.Key, query.TcpFlags, chunk, conntrackIsOld: false, now, out uint connection);
        bool isScheduled = IpvsTables.IsScheduled(query.Key.Protocol, query.Key.SourcePort, query.TcpFlags, chunk);
        if (connection == 0)
            return isScheduled ? new IpvsLookup(node.Tables).Lookup(in query.Key, node.State, now) : verdict;

        ref readonly IpvsConnection known = ref node.State.Connections[connection];
        verdict.Outcome = ServiceOutcome.Backend;
        verdict.Service = service;
        verdict.Backend = known.Destination;
        verdict.BackendAddress = node.Tables.Destination(known.Destination).Address;
        verdict.BackendPort = node.Tables.Destination(known.Destination).Port;
        return verdict;
    }

    private void GiveSource<TTrace>(
        NodeRules rules, NetfilterPacket packet, ref ServiceVerdict verdict, in ServiceQuery query, ref RandomDraw draw,
        ref TTrace trace)
        where TTrace : struct, INetfilterTrace
    {
        var request = new NatRequest
        {
            FirstAddress = queries.AddressOf(verdict.BackendAddress, packet.Family),
            FirstPort = verdict.BackendPort,
            Options = NatOptions.HasAddress,
        };
        Place to = queries.Translate(ref packet, in request, query.Key.Zone);
        packet.InInterface = 0;
        packet.OutInterface = queries.Towards(to, query.Key.Zone, query.Key.Family == 6);
        NetfilterOutcome last = rules.Rules.Postrouting(in packet, rules.State, ref draw, ref trace);
        queries.GiveSource(ref verdict, in last.Nat, packet.Family);
    }

    // The pipeline gives SCTP's first packets alone: an INIT is what begins one.
    private static byte ChunkOf(in ServiceQuery query) =>
        query.Key.Protocol == IpProtocol.Sctp ? IpvsSctpStates.InitChunk : (byte)0;
}
