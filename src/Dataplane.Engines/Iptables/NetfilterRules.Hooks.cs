using Dataplane.Engines.Iptables.Compilation;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// The hooks, each with its tables in netfilter's order. Conntrack stands between <see cref="Raw"/> and the rest; the
/// destination's translation between <see cref="Output"/> and <see cref="FilterOutput"/>, and behind
/// <see cref="Prerouting"/>; the source's behind <see cref="Postrouting"/> and <see cref="Input"/>.
/// </summary>
public sealed partial class NetfilterRules
{
    /// <summary>Table raw at PREROUTING or OUTPUT, before conntrack: no packet has a connection yet.</summary>
    public NetfilterOutcome Raw<TDraw, TTrace>(
        NetfilterHook hook, in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        NetfilterPacket untracked = packet;
        untracked.State = ConnectionStates.Invalid;
        untracked.Facts &= ~PacketFacts.IsReply;
        NetfilterOutcome outcome = new(in packet);
        Ask(NetfilterTable.Raw, hook, in untracked, state, ref draw, ref trace, ref outcome);
        return outcome;
    }

    /// <summary>Mangle, then nat for a connection's first packet.</summary>
    public NetfilterOutcome Prerouting<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace =>
        Pass(NetfilterHook.Prerouting, filters: false, translates: true, in packet, state, ref draw, ref trace);

    /// <summary>Mangle, filter, then nat for a connection's first packet.</summary>
    public NetfilterOutcome Input<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace =>
        Pass(NetfilterHook.Input, filters: true, translates: true, in packet, state, ref draw, ref trace);

    /// <summary>Mangle, then filter.</summary>
    public NetfilterOutcome Forward<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace =>
        Pass(NetfilterHook.Forward, filters: true, translates: false, in packet, state, ref draw, ref trace);

    /// <summary>The first part of OUTPUT: mangle, then nat for a connection's first packet.</summary>
    public NetfilterOutcome Output<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace =>
        Pass(NetfilterHook.Output, filters: false, translates: true, in packet, state, ref draw, ref trace);

    /// <summary>The second part of OUTPUT: filter sees the destination translated.</summary>
    public NetfilterOutcome FilterOutput<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        NetfilterOutcome outcome = new(in packet);
        Ask(NetfilterTable.Filter, NetfilterHook.Output, in packet, state, ref draw, ref trace, ref outcome);
        return outcome;
    }

    /// <summary>Mangle, then nat for a connection's first packet.</summary>
    public NetfilterOutcome Postrouting<TDraw, TTrace>(
        in NetfilterPacket packet, NetfilterState state, ref TDraw draw, ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace =>
        Pass(NetfilterHook.Postrouting, filters: false, translates: true, in packet, state, ref draw, ref trace);

    private NetfilterOutcome Pass<TDraw, TTrace>(
        NetfilterHook hook,
        bool filters,
        bool translates,
        in NetfilterPacket packet,
        NetfilterState state,
        ref TDraw draw,
        ref TTrace trace)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        NetfilterOutcome outcome = new(in packet);
        bool goesOn = Ask(NetfilterTable.Mangle, hook, in packet, state, ref draw, ref trace, ref outcome);
        if (goesOn && filters)
            goesOn = Ask(NetfilterTable.Filter, hook, in packet, state, ref draw, ref trace, ref outcome);
        if (goesOn && translates) AskNat(hook, in packet, state, ref draw, ref trace, ref outcome);
        return outcome;
    }

    private void AskNat<TDraw, TTrace>(
        NetfilterHook hook,
        in NetfilterPacket packet,
        NetfilterState state,
        ref TDraw draw,
        ref TTrace trace,
        ref NetfilterOutcome outcome)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        const ConnectionStates untranslated = ConnectionStates.Invalid | ConnectionStates.Untracked;
        if ((packet.Facts & PacketFacts.IsFirst) == 0 || (packet.State & untranslated) != 0) return;

        Ask(NetfilterTable.Nat, hook, in packet, state, ref draw, ref trace, ref outcome);
    }

    /// <summary>Walks one table; true when the packet goes on to the next.</summary>
    private bool Ask<TDraw, TTrace>(
        NetfilterTable table,
        NetfilterHook hook,
        in NetfilterPacket packet,
        NetfilterState state,
        ref TDraw draw,
        ref TTrace trace,
        ref NetfilterOutcome outcome)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        int slot = RulesCompiler.Slot(table, hook);
        if (_entries[slot] < 0) return true;

        Walk(_entries[slot], _policies[slot], in packet, state, ref draw, ref trace, ref outcome);
        return outcome.Verdict == NetfilterVerdict.Accept;
    }
}
