using System.Globalization;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>
/// Where the chains of one table begin, and that their jumps lead somewhere and never in a circle
/// (<c>mark_source_chains</c> of <c>ip_tables.c</c>).
/// </summary>
internal sealed class ChainStarts
{
    /// <summary>
    /// Rules that one packet may walk through: kube-proxy's tables of 50,000 Services have three million.
    /// </summary>
    internal const long MostVisits = 100_000_000;

    private readonly string _file;
    private readonly IptablesTable _table;
    private readonly Dictionary<IptablesChain, int> _starts;
    private readonly Dictionary<IptablesChain, int> _depths = [];
    private readonly Dictionary<IptablesChain, long> _visits = [];
    private readonly Stack<Visit> _open = new();
    private readonly HashSet<IptablesChain> _onTheWay = [];

    public ChainStarts(string file, IptablesTable table, int first)
    {
        _file = file;
        _table = table;
        _starts = new Dictionary<IptablesChain, int>(table.AsAdded.Count);
        foreach (IptablesChain chain in table.AsAdded)
        {
            _starts.Add(chain, first);
            first += chain.RuleCount + 1;
        }

        foreach (IptablesChain chain in table.AsAdded)
        {
            if (chain is not DirectChain) Measure(chain);
            Depth = Math.Max(Depth, TryDepthOf(chain, out int depth) ? depth : 0);
        }
    }

    /// <summary>How many jumps may wait for a return at once.</summary>
    public int Depth { get; }

    public int Of(string chain) => _table.TryFind(chain, out IptablesChain? found)
        ? _starts[found]
        : throw new InvalidOperationException($"no chain {chain} in table {_table.Name}");

    public int Of(IptablesChain chain) => _starts[chain];

    private bool TryDepthOf(IptablesChain chain, out int depth)
    {
        if (chain is not DirectChain direct) return _depths.TryGetValue(chain, out depth);

        depth = direct.Depth;
        return true;
    }

    /// <summary>
    /// Follows all jumps from a chain, with a stack of its own: dumps may nest chains deeper than threads nest calls.
    /// </summary>
    private void Measure(IptablesChain root)
    {
        if (_depths.ContainsKey(root)) return;

        _onTheWay.Add(root);
        _open.Push(new Visit(root));
        while (_open.TryPeek(out Visit? visit))
        {
            if (visit.NextRule == visit.Rules.Count)
            {
                _open.Pop();
                _onTheWay.Remove(visit.Chain);
                _depths[visit.Chain] = visit.Depth;
                _visits[visit.Chain] = visit.Visits;
                continue;
            }

            IptablesRule rule = visit.Rules[visit.NextRule];
            if (rule.Target is null || Vocabulary.IsTarget(rule.Target))
            {
                visit.Visits++;
                visit.NextRule++;
                continue;
            }

            IptablesChain target = Target(rule);
            if (TryDepthOf(target, out int depth))
            {
                visit.Depth = Math.Max(visit.Depth, depth + (rule.IsGoto ? 0 : 1));
                visit.Visits += 1 + (target is DirectChain ? target.RuleCount : _visits[target]);
                if (visit.Visits > MostVisits) throw TooLong(rule);
                visit.NextRule++;
            }
            else if (_onTheWay.Add(target))
            {
                _open.Push(new Visit(target));
            }
            else
            {
                throw Circle(rule, target, _open.TakeWhile(other => other.Chain != target).Count() + 1);
            }
        }
    }

    private IptablesChain Target(IptablesRule rule)
    {
        if (!_table.TryFind(rule.Target!, out IptablesChain? target))
            throw DumpError.At(_file, rule.Line,
                $"no chain {Quoting.Excerpt(rule.Target!)} in table {_table.Name}, nor a target of that name");
        if (target.Policy is not null)
            throw DumpError.At(_file, rule.Line, $"chain {target.Name} is built in: no rule may jump there");

        return target;
    }

    private InvalidDataException TooLong(IptablesRule rule) => DumpError.At(
        _file,
        rule.Line,
        string.Create(
            CultureInfo.InvariantCulture,
            $"chain {rule.Chain}: its jumps lead one packet through more than {MostVisits} rules: "
            + $"no packet would come to an end"));

    private InvalidDataException Circle(IptablesRule rule, IptablesChain target, int length) => DumpError.At(
        _file,
        rule.Line,
        string.Create(
            CultureInfo.InvariantCulture,
            $"chain {rule.Chain} leads back to chain {target.Name}, a circle of {length} chains: "
            + $"the kernel refuses it"));

    private sealed class Visit(IptablesChain chain)
    {
        public IptablesChain Chain => chain;

        public IReadOnlyList<IptablesRule> Rules { get; } = chain.Written;

        public int NextRule { get; set; }

        public int Depth { get; set; }

        /// <summary>Rules that a packet meets here and behind the jumps, if none of them ends it.</summary>
        public long Visits { get; set; } = 1;
    }
}
