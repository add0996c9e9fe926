using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>One family's chains, compiled flat and walked rule by rule as <c>ipt_do_table</c> does.</summary>
internal sealed class ChainProgram : IDisposable
{
    private readonly int _bits;
    private readonly NativeArray<FlatRule> _rules;
    private readonly NativeArray<FlatMatch> _matches;
    private readonly PortRange[] _ports;
    private readonly (AddressWords Net, int Length)[] _nets;
    private readonly ChainSets _sets;

    internal ChainProgram(ChainProgramBuilder builder, ImmutableArray<ChainSet> sets)
    {
        _bits = builder.Family == 4 ? AddressWords.BitsV4 : AddressWords.BitsV6;
        _rules = Copy(builder.Rules);
        _matches = Copy(builder.Matches);
        _ports = [.. builder.Ports];
        _nets = [.. builder.Nets];
        _sets = new ChainSets(sets);
        Chains = [.. builder.Chains];
    }

    /// <summary>Chains by number, each with the rule that it begins at.</summary>
    public ImmutableArray<CompiledChain> Chains { get; }

    /// <summary>Rules without the ends of chains.</summary>
    public int RuleCount => (int)_rules.Length - Chains.Length;

    public int MemberCount => _sets.MemberCount;

    public long Size => _rules.Length * FlatRule.Size + _matches.Length * FlatMatch.Size + _sets.Size;

    /// <summary>
    /// An endpoint's chain, and the policies' that it jumps to: accepted or dropped, and which rule said so.
    /// </summary>
    public PolicyVerdict Walk<TTrace>(int chain, in ChainPacket packet, ref TTrace trace)
        where TTrace : struct, IChainTrace
    {
        int rule = Chains[chain].Start;
        int back = -1;
        uint mark = 0;
        int cause = PolicyVerdict.DefaultDeny;
        while (true)
        {
            ref readonly FlatRule at = ref _rules[rule];
            if (TTrace.IsOn && at.Target != ChainTarget.EndOfChain) trace.Visited(rule);
            if (at.MatchCount != 0 && !AllMatch(in at, in packet, mark))
            {
                rule++;
                continue;
            }

            if (TTrace.IsOn && at.Target != ChainTarget.EndOfChain) trace.Matched(rule);
            if (at.Cause != ChainRule.NoCause) cause = at.Cause;
            switch (at.Target)
            {
                case ChainTarget.Mark:
                    mark = mark & ~at.MarkMask | at.MarkValue;
                    rule++;
                    break;
                case ChainTarget.Jump:
                    back = rule + 1;
                    rule = at.Start;
                    break;
                case ChainTarget.Accept:
                    return new PolicyVerdict(true, cause);
                case ChainTarget.Drop:
                    return new PolicyVerdict(false, cause);
                default:
                    if (back < 0) return new PolicyVerdict((mark & FelixMarks.Accept) != 0, cause);
                    rule = back;
                    back = -1;
                    break;
            }
        }
    }

    public void Dispose()
    {
        _rules.Dispose();
        _matches.Dispose();
        _sets.Dispose();
    }

    private bool AllMatch(in FlatRule rule, in ChainPacket packet, uint mark)
    {
        int end = rule.FirstMatch + rule.MatchCount;
        for (int index = rule.FirstMatch; index < end; index++)
        {
            ref readonly FlatMatch match = ref _matches[index];
            if (Matches(in match, in packet, mark) == match.IsNegated) return false;
        }

        return true;
    }

    private bool Matches(in FlatMatch match, in ChainPacket packet, uint mark)
    {
        ref readonly AddressWords address = ref match.IsSource ? ref packet.Source : ref packet.Destination;
        ushort port = match.IsSource ? packet.SourcePort : packet.DestinationPort;
        switch (match.Kind)
        {
            case ChainMatchKind.Protocol:
                return packet.Protocol == match.Protocol;
            case ChainMatchKind.Mark:
                return (mark & match.Second) == match.First;
            case ChainMatchKind.Net:
                (AddressWords net, int length) = _nets[match.First];
                return address.Masked(length, _bits) == net;
            case ChainMatchKind.Set:
                return _sets.Contains((int)match.First, in address, _bits, protocol: 0, port: 0);
            case ChainMatchKind.PortSet:
                return packet.HasPorts && _sets.Contains((int)match.First, in address, _bits, packet.Protocol, port);
            case ChainMatchKind.Ports:
                return packet.HasPorts && IsInRanges((int)match.First, (int)match.Second, port);
            case ChainMatchKind.Icmp:
                return packet.HasIcmpType && packet.IcmpType == match.First
                    && (match.Second > byte.MaxValue || packet.IcmpCode == match.Second);
            default:
                return (packet.States & match.First) != 0;
        }
    }

    private bool IsInRanges(int first, int count, ushort port)
    {
        foreach (PortRange range in _ports.AsSpan(first, count))
        {
            if (port >= range.First && port <= range.Last) return true;
        }

        return false;
    }

    private static unsafe NativeArray<T> Copy<T>(List<T> from)
        where T : unmanaged
    {
        NativeArray<T> to = new(from.Count);
        CollectionsMarshal.AsSpan(from).CopyTo(new Span<T>(to.Start, from.Count));
        return to;
    }
}

/// <summary>A chain's name, where its rules begin, and how they read.</summary>
internal sealed record CompiledChain(string Name, int Start, IReadOnlyList<ChainRule> Rules);
