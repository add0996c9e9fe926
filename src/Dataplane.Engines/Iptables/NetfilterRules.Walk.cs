using System.Runtime.Intrinsics;

namespace Dataplane.Engines.Iptables;

/// <summary>The walk through one table, as <c>ipt_do_table</c> does it.</summary>
public sealed unsafe partial class NetfilterRules
{
    private void Walk<TDraw, TTrace>(
        int rule,
        int policy,
        in NetfilterPacket packet,
        NetfilterState state,
        ref TDraw draw,
        ref TTrace trace,
        ref NetfilterOutcome outcome)
        where TDraw : struct, INetfilterDraw
        where TTrace : struct, INetfilterTrace
    {
        Vector128<uint> key = RuleKey.Of(
            in packet, _hotInterfaces[packet.InInterface], _hotInterfaces[packet.OutInterface], packet.State);
        int[] stack = state.Stack;
        stack[0] = policy;
        int depth = 1;
        while (true)
        {
            int first = rule;
            rule = NextMatch(rule, key);
            RuleAction action = _actions[rule];
            bool isEnd = action.Kind >= ActionKind.EndOfChain;
            if (TTrace.IsOn) trace.Visited(first, isEnd ? rule - 1 : rule);
            if (action.MatchCount != 0
                && !AllMatch(rule, in action, in packet, state, ref draw, outcome.Mark, outcome.ConnectionMark))
            {
                rule++;
                continue;
            }

            if (TTrace.IsOn) trace.Matched(rule, packet.Length);
            switch (action.Kind)
            {
                case ActionKind.Jump:
                    stack[depth++] = rule + 1;
                    rule = action.Argument;
                    break;
                case ActionKind.Goto:
                    rule = action.Argument;
                    break;
                case ActionKind.Return or ActionKind.EndOfChain:
                    rule = stack[--depth];
                    break;
                case >= ActionKind.PolicyAccept or ActionKind.Accept or ActionKind.Drop or ActionKind.Reject
                    or ActionKind.Nat:
                    Decide(rule, in action, ref outcome);
                    return;
                default:
                    Change(in action, ref outcome);
                    rule++;
                    break;
            }
        }
    }

    /// <summary>
    /// The loop that a chain of ten thousand services spends its time in; the end of each chain matches everything.
    /// </summary>
    private int NextMatch(int rule, Vector128<uint> key)
    {
        RuleKey* at = _keys.Start + rule;
        while (!at->Matches(key)) at++;
        return (int)(at - _keys.Start);
    }

    private void Decide(int rule, in RuleAction action, ref NetfilterOutcome outcome)
    {
        switch (action.Kind)
        {
            case ActionKind.Nat:
                outcome.Nat = _nats[action.Argument];
                outcome.NatRule = rule;
                break;
            case ActionKind.Drop or ActionKind.PolicyDrop:
                outcome.Verdict = NetfilterVerdict.Drop;
                break;
            case ActionKind.Reject:
                outcome.Verdict = NetfilterVerdict.Reject;
                outcome.Reject = action.Reject;
                break;
        }

        outcome.Rule = rule;
    }

    /// <summary>
    /// Targets after which the walk goes on (<c>xt_mark.c</c>, <c>xt_connmark.c</c>,
    /// <c>xt_CT.c</c>, <c>xt_TCPMSS.c</c>).
    /// </summary>
    private void Change(in RuleAction action, ref NetfilterOutcome outcome)
    {
        switch (action.Kind)
        {
            case ActionKind.NoTrack:
                outcome.IsUntracked = true;
                return;
            case ActionKind.SegmentSize:
                outcome.SegmentSize = (ushort)action.Argument;
                return;
            case ActionKind.Continue:
                return;
        }

        (uint value, uint mask) = _marks[action.Argument];
        switch (action.Kind)
        {
            case ActionKind.Mark:
                outcome.Mark = outcome.Mark & ~mask ^ value;
                break;
            case ActionKind.ConnectionMarkSet:
                outcome.ConnectionMark = outcome.ConnectionMark & ~mask ^ value;
                break;
            case ActionKind.ConnectionMarkSave:
                outcome.ConnectionMark = outcome.ConnectionMark & ~mask ^ outcome.Mark & value;
                break;
            default:
                outcome.Mark = outcome.Mark & ~value ^ outcome.ConnectionMark & mask;
                break;
        }
    }
}
