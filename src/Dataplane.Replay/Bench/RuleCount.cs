using Dataplane.Core;
using Dataplane.Engines.Iptables;

namespace Dataplane.Replay.Bench;

/// <summary>Counts the rules that a forwarded first packet visits at the hooks that it passes.</summary>
internal sealed class RuleCount : IDisposable
{
    private readonly NetfilterRules _rules;
    private readonly NetfilterState _state;
    private readonly RuleCounters _counters;
    private RandomDraw _draw = new(new Draw(1));

    public RuleCount(NetfilterRules rules)
    {
        _rules = rules;
        _state = new NetfilterState(rules);
        _counters = new RuleCounters(rules);
    }

    public long Visited => _counters.RulesVisited;

    /// <summary>PREROUTING; gives what it made of the packet.</summary>
    public NetfilterOutcome Prerouting(in NetfilterPacket packet)
    {
        var trace = new TraceCounts(_counters);
        return _rules.Prerouting(in packet, _state, ref _draw, ref trace);
    }

    /// <summary>INPUT: kube-proxy's IPVS mode makes Services' addresses the node's own.</summary>
    public void Input(in NetfilterPacket packet)
    {
        var trace = new TraceCounts(_counters);
        _rules.Input(in packet, _state, ref _draw, ref trace);
    }

    public void Forward(in NetfilterPacket packet)
    {
        var trace = new TraceCounts(_counters);
        _rules.Forward(in packet, _state, ref _draw, ref trace);
    }

    public void Postrouting(in NetfilterPacket packet)
    {
        var trace = new TraceCounts(_counters);
        _rules.Postrouting(in packet, _state, ref _draw, ref trace);
    }

    public void Dispose() => _state.Dispose();
}
