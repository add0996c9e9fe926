using System.Globalization;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>
/// Where the chains of one table begin, and that their jumps lead somewhere and never in a circle
/// (<c>mark_source_chains</c> of <c>ip_tables.c</c>).
/// </summary>
internal sealed class ChainStarts
{
    private readonly string _file;
    private readonly IptablesTable _table;
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _depths = new(StringComparer.Ordinal);
    private readonly Stack<Visit> _open = new();
    private readonly HashSet<string> _onTheWay = new(StringComparer.Ordinal);

    public ChainStarts(string file, IptablesTable table, int first)
    {
        _file = file;
        _table = table;
        foreach (IptablesChain chain in table.Chains)
        {
            _starts.Add(chain.Name, first);
            first += chain.Rules.Count + 1;
        }

        foreach (IptablesChain chain in table.Chains) Measure(chain);
    }

    /// <summary>How many jumps may wait for a return at once.</summary>
    public int Depth => _depths.Values.DefaultIfEmpty().Max();

    public int Of(string chain) => _starts[chain];

    /// <summary>Follows all jumps from a chain, with a stack of its own: dumps may nest chains deeper than threads nest calls.</summary>
    private void Measure(IptablesChain root)
    {
        if (_depths.ContainsKey(root.Name)) return;

        _onTheWay.Add(root.Name);
        _open.Push(new Visit(root));
        while (_open.TryPeek(out Visit? visit))
        {
            if (visit.NextRule == visit.Chain.Rules.Count)
            {
                _open.Pop();
                _onTheWay.Remove(visit.Chain.Name);
                _depths[visit.Chain.Name] = visit.Depth;
                continue;
            }

            IptablesRule rule = visit.Chain.Rules[visit.NextRule];
            if (rule.Target is null || Vocabulary.IsTarget(rule.Target))
            {
                visit.NextRule++;
            }
            else if (_depths.TryGetValue(rule.Target, out int depth))
            {
                visit.Depth = Math.Max(visit.Depth, depth + (rule.IsGoto ? 0 : 1));
                visit.NextRule++;
            }
            else
            {
                IptablesChain target = Target(rule);
                if (!_onTheWay.Add(target.Name))
                    throw Circle(rule, target, _open.TakeWhile(other => other.Chain != target).Count() + 1);
                _open.Push(new Visit(target));
            }
        }
    }

    private IptablesChain Target(IptablesRule rule)
    {
        if (!_table.TryFind(rule.Target!, out IptablesChain? target))
            throw DumpError.At(_file, rule.Line, $"no chain {Quoting.Excerpt(rule.Target!)} in table {_table.Name}, nor a target of that name");
        if (target.Policy is not null)
            throw DumpError.At(_file, rule.Line, $"chain {target.Name} is built in: no rule may jump there");

        return target;
    }

    private InvalidDataException Circle(IptablesRule rule, IptablesChain target, int length) => DumpError.At(
        _file,
        rule.Line,
        string.Create(
            CultureInfo.InvariantCulture,
            $"chain {rule.Chain} leads back to chain {target.Name}, a circle of {length} chains: the kernel refuses it"));

    private sealed class Visit(IptablesChain chain)
    {
        public IptablesChain Chain => chain;

        public int NextRule { get; set; }

        public int Depth { get; set; }
    }
}
