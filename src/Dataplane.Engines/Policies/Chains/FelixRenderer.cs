using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// Turns Felix's rules into iptables' (<c>felix/rules/policy.go</c>). What iptables cannot ask in one rule
/// (several nets, more than fifteen ports, ports and sets of ports) becomes blocks of rules that keep their
/// result in two bits of the mark.
/// </summary>
internal sealed class FelixRenderer(int family)
{
    private const int PortsPerMatch = 15;

    private static readonly ChainMatch IsAccepted = ChainMatch.OfMark(FelixMarks.Accept, FelixMarks.Accept);
    private static readonly ChainMatch IsPassed = ChainMatch.OfMark(FelixMarks.Pass, FelixMarks.Pass);
    private static readonly ChainMatch AllBlocksMatch = ChainMatch.OfMark(FelixMarks.AllBlocks, FelixMarks.AllBlocks);

    private List<ChainRule> _rules = [];
    private bool _hasBlocks;
    private bool _hasPositiveBlock;

    /// <summary>A policy's chain. Returns at its end are left out: the end returns by itself.</summary>
    public List<ChainRule> ChainOf(IEnumerable<FelixRule> rules)
    {
        _rules = [];
        foreach (FelixRule rule in rules) Append(rule);
        while (_rules.Count > 0 && _rules[^1].Target == ChainTarget.Return) _rules.RemoveAt(_rules.Count - 1);
        return _rules;
    }

    private void Append(FelixRule rule)
    {
        if (!TryFilter(rule.Source, out FelixSide source) || !TryFilter(rule.Destination, out FelixSide destination))
            return;

        _hasBlocks = _hasPositiveBlock = false;
        var matches = ImmutableArray.CreateBuilder<ChainMatch>();
        source = AppendPortBlock(rule.Protocol, source, isSource: true);
        destination = AppendPortBlock(rule.Protocol, destination, isSource: false);
        source = AppendNetBlock(source, isSource: true);
        destination = AppendNetBlock(destination, isSource: false);
        source = AppendNotNetBlock(source, isSource: true);
        destination = AppendNotNetBlock(destination, isSource: false);

        if (rule.Protocol is { } protocol) matches.Add(ChainMatch.OfProtocol(protocol));
        AddPositive(matches, source, isSource: true);
        AddPositive(matches, destination, isSource: false);
        if (rule.Icmp is { } icmp) matches.Add(new ChainMatch(ChainMatchKind.Icmp) { Icmp = icmp });
        if (rule.NotProtocol is { } other) matches.Add(ChainMatch.OfProtocol(other, isNegated: true));
        AddNegative(matches, source, isSource: true);
        AddNegative(matches, destination, isSource: false);
        if (rule.NotIcmp is { } not) matches.Add(new ChainMatch(ChainMatchKind.Icmp) { Icmp = not, IsNegated = true });
        if (_hasBlocks) matches.Add(AllBlocksMatch);
        AppendAction(rule, matches.ToImmutable());
    }

    private void AppendAction(FelixRule rule, ImmutableArray<ChainMatch> matches)
    {
        switch (rule.Action)
        {
            case PolicyAction.Allow:
                _rules.Add(ChainRule.SetMark(FelixMarks.Accept, matches) with { Cause = rule.Cause });
                _rules.Add(new ChainRule(ChainTarget.Return, IsAccepted));
                break;
            case PolicyAction.Pass:
                _rules.Add(ChainRule.SetMark(FelixMarks.Pass, matches) with { Cause = rule.Cause });
                _rules.Add(new ChainRule(ChainTarget.Return, IsPassed));
                break;
            default:
                _rules.Add(ChainRule.SetMark(FelixMarks.Drop, matches));
                ChainMatch isDropped = ChainMatch.OfMark(FelixMarks.Drop, FelixMarks.Drop);
                _rules.Add(new ChainRule(ChainTarget.Drop, isDropped) { Cause = rule.Cause });
                break;
        }
    }

    /// <summary>Nets of the other family go; a rule that had no others goes with them.</summary>
    private bool TryFilter(FelixSide side, out FelixSide filtered)
    {
        filtered = side;
        if (side.Nets.IsEmpty && side.NotNets.IsEmpty) return true;

        filtered = side with { Nets = OfFamily(side.Nets), NotNets = OfFamily(side.NotNets) };
        if (filtered.NotNets.Any(net => net.Length == 0)) return false;
        return (side.Nets.IsEmpty || !filtered.Nets.IsEmpty) && (side.NotNets.IsEmpty || !filtered.NotNets.IsEmpty);
    }

    private ImmutableArray<IpPrefix> OfFamily(ImmutableArray<IpPrefix> nets) =>
        nets.All(net => net.Address.Family == family) ? nets : [.. nets.Where(net => net.Address.Family == family)];

    private FelixSide AppendPortBlock(byte? protocol, FelixSide side, bool isSource)
    {
        List<ImmutableArray<PortRange>> splits = Split(side.Ports);
        if (splits.Count + side.PortSets.Length <= 1) return side;

        uint mark = BeginPositiveBlock();
        foreach (ImmutableArray<PortRange> ports in splits)
        {
            ChainMatch match = ChainMatch.OfPorts(ports, isSource);
            _rules.Add(protocol is { } number
                ? ChainRule.SetMark(mark, ChainMatch.OfProtocol(number), match)
                : ChainRule.SetMark(mark, match));
        }

        foreach (int set in side.PortSets) _rules.Add(ChainRule.SetMark(mark, ChainMatch.OfPortSet(set, isSource)));
        EndPositiveBlock();
        return side with { Ports = [], PortSets = [] };
    }

    private FelixSide AppendNetBlock(FelixSide side, bool isSource)
    {
        if (side.Nets.Length <= 1) return side;

        uint mark = BeginPositiveBlock();
        foreach (IpPrefix net in side.Nets) _rules.Add(ChainRule.SetMark(mark, ChainMatch.OfNet(net, isSource)));
        EndPositiveBlock();
        return side with { Nets = [] };
    }

    private FelixSide AppendNotNetBlock(FelixSide side, bool isSource)
    {
        if (side.NotNets.IsEmpty || side.Nets.Length + side.NotNets.Length <= 1) return side;

        BeginBlocks(FelixMarks.AllBlocks);
        foreach (IpPrefix net in side.NotNets)
            _rules.Add(ChainRule.ClearMark(FelixMarks.AllBlocks, ChainMatch.OfNet(net, isSource)));
        return side with { NotNets = [] };
    }

    private void BeginBlocks(uint initially)
    {
        if (_hasBlocks) return;

        _rules.Add(ChainRule.Masked(initially, FelixMarks.AllBlocks | FelixMarks.ThisBlock));
        _hasBlocks = true;
    }

    // The first block writes the result of all; a later one writes its own, and the rule behind it takes both together.
    private uint BeginPositiveBlock()
    {
        BeginBlocks(0);
        return _hasPositiveBlock ? FelixMarks.ThisBlock : FelixMarks.AllBlocks;
    }

    private void EndPositiveBlock()
    {
        if (_hasPositiveBlock)
        {
            ChainMatch isMissed = ChainMatch.OfMark(0, FelixMarks.ThisBlock);
            _rules.Add(ChainRule.ClearMark(FelixMarks.AllBlocks, isMissed));
        }

        _hasPositiveBlock = true;
    }

    private static void AddPositive(ImmutableArray<ChainMatch>.Builder matches, FelixSide side, bool isSource)
    {
        foreach (IpPrefix net in side.Nets) matches.Add(ChainMatch.OfNet(net, isSource));
        foreach (int set in side.Sets) matches.Add(ChainMatch.OfSet(set, isSource));
        if (!side.Ports.IsEmpty) matches.Add(ChainMatch.OfPorts(side.Ports, isSource));
        foreach (int set in side.PortSets) matches.Add(ChainMatch.OfPortSet(set, isSource));
    }

    private static void AddNegative(ImmutableArray<ChainMatch>.Builder matches, FelixSide side, bool isSource)
    {
        foreach (IpPrefix net in side.NotNets) matches.Add(ChainMatch.OfNet(net, isSource, isNegated: true));
        foreach (int set in side.NotSets) matches.Add(ChainMatch.OfSet(set, isSource, isNegated: true));
        foreach (ImmutableArray<PortRange> ports in Split(side.NotPorts))
            matches.Add(ChainMatch.OfPorts(ports, isSource, isNegated: true));
    }

    /// <summary>A multiport match has room for fifteen; a range takes two.</summary>
    private static List<ImmutableArray<PortRange>> Split(ImmutableArray<PortRange> ports)
    {
        List<ImmutableArray<PortRange>> splits = [];
        int first = 0, room = PortsPerMatch;
        for (int index = 0; index < ports.Length; index++)
        {
            int needed = ports[index].First == ports[index].Last ? 1 : 2;
            if (room < needed)
            {
                splits.Add(ports[first..index]);
                first = index;
                room = PortsPerMatch;
            }

            room -= needed;
        }

        if (first < ports.Length) splits.Add(ports[first..]);
        return splits;
    }
}
