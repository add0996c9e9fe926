using System.Collections.Immutable;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>Puts chains one behind the other; those that others jump to come first.</summary>
internal sealed class ChainProgramBuilder(int family)
{
    private const uint AnyCode = byte.MaxValue + 1;

    public int Family => family;

    public List<FlatRule> Rules { get; } = [];

    public List<FlatMatch> Matches { get; } = [];

    public List<PortRange> Ports { get; } = [];

    public List<(AddressWords Net, int Length)> Nets { get; } = [];

    public List<CompiledChain> Chains { get; } = [];

    /// <summary>Adds a chain, and gives its number.</summary>
    public int Add(string name, IReadOnlyList<ChainRule> rules)
    {
        Chains.Add(new CompiledChain(name, Rules.Count, rules));
        foreach (ChainRule rule in rules) Add(rule);
        Rules.Add(new FlatRule { Target = ChainTarget.EndOfChain, Cause = ChainRule.NoCause });
        return Chains.Count - 1;
    }

    public ChainProgram Build(ImmutableArray<ChainSet> sets) => new(this, sets);

    private void Add(ChainRule rule)
    {
        Rules.Add(new FlatRule
        {
            FirstMatch = Matches.Count,
            MatchCount = (byte)rule.Matches.Length,
            Cause = rule.Cause,
            Target = rule.Target,
            MarkMask = rule.MarkMask,
            MarkValue = rule.MarkValue,
            Start = rule.Target == ChainTarget.Jump ? Chains[rule.Chain].Start : 0,
        });
        foreach (ChainMatch match in rule.Matches) Matches.Add(Flatten(match));
    }

    private FlatMatch Flatten(ChainMatch match)
    {
        var flat = new FlatMatch { Kind = match.Kind, IsNegated = match.IsNegated, IsSource = match.IsSource };
        switch (match.Kind)
        {
            case ChainMatchKind.Protocol:
                flat.Protocol = match.Protocol;
                break;
            case ChainMatchKind.Net:
                flat.First = (uint)Nets.Count;
                Nets.Add((AddressWords.Of(match.Net.Address), match.Net.Length));
                break;
            case ChainMatchKind.Ports:
                flat.First = (uint)Ports.Count;
                flat.Second = (uint)match.Ports.Length;
                Ports.AddRange(match.Ports);
                break;
            case ChainMatchKind.Icmp:
                flat.First = match.Icmp.Type;
                flat.Second = match.Icmp.Code ?? AnyCode;
                break;
            case ChainMatchKind.Mark:
                flat.First = match.MarkValue;
                flat.Second = match.MarkMask;
                break;
            case ChainMatchKind.State:
                flat.First = match.States;
                break;
            default:
                flat.First = (uint)match.Set;
                break;
        }

        return flat;
    }
}
