using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>Compiles the tables of one family: chain by chain, rule by rule, in the order of the dump.</summary>
internal sealed class RulesCompiler
{
    private static readonly string[] TableNames = ["raw", "mangle", "nat", "filter"];

    private static readonly string[][] BuiltIn =
    [
        ["PREROUTING", "OUTPUT"],
        ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        ["INPUT", "FORWARD", "OUTPUT"],
    ];

    private static readonly string[] HookNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private readonly IptablesRuleset _text;
    private readonly IpsetCompiler _sets;

    public RulesCompiler(IptablesRuleset text, int family, InterfaceNames interfaces)
    {
        _text = text;
        _sets = new IpsetCompiler(text, interfaces);
        Parts = new CompiledParts(text.File, family, interfaces);
        Array.Fill(Entries, -1);
        Array.Fill(Policies, -1);
    }

    public CompiledParts Parts { get; }

    /// <summary>For each table and hook, the first rule and the policy; -1 where the table has no such chain.</summary>
    public int[] Entries { get; } = new int[TableNames.Length * HookNames.Length];

    public int[] Policies { get; } = new int[TableNames.Length * HookNames.Length];

    public List<CompiledChain> Chains { get; } = [];

    public int Depth { get; private set; }

    public static int Slot(NetfilterTable table, NetfilterHook hook) => (int)table * HookNames.Length + (int)hook;

    public void Compile()
    {
        foreach (IptablesTable table in _text.Tables.Where(table => table.Family == Parts.Family))
        {
            int index = Array.IndexOf(TableNames, table.Name);
            if (index >= 0) Compile(table, (NetfilterTable)index);
            else RefuseRules(table);
        }
    }

    private void RefuseRules(IptablesTable table)
    {
        IptablesRule? rule = table.Chains.SelectMany(static chain => chain.Rules).FirstOrDefault();
        if (rule is not null) throw Parts.Error(rule.Line, $"table {table.Name} is not modelled");

        IptablesChain? closed = table.Chains.FirstOrDefault(static chain => chain.Policy == "DROP");
        if (closed is not null) throw Parts.Error(closed.Line, $"table {table.Name} is not modelled");
    }

    private void Compile(IptablesTable text, NetfilterTable table)
    {
        ChainStarts starts = new(Parts.File, text, Parts.Keys.Count);
        Parts.Reserve(text.AsAdded.Sum(static chain => chain.RuleCount + 1), text.AsAdded.Count);
        Chains.EnsureCapacity(Chains.Count + text.AsAdded.Count);
        Depth = Math.Max(Depth, starts.Depth);
        foreach (IptablesChain chain in text.AsAdded)
        {
            bool isBuiltIn = chain is not DirectChain && BuiltIn[(int)table].Contains(chain.Name);
            if (isBuiltIn != chain.Policy is not null)
                throw Parts.Error(chain.Line,
                    $"chain {chain.Name} of table {text.Name} "
                    + $"{(isBuiltIn ? "is built in: it needs a policy" : "is not built in: it has no policy")}");

            Chains.Add(new CompiledChain(text.Name, chain, Parts.Keys.Count));
            if (isBuiltIn) Entries[Slot(table, HookOf(chain))] = Parts.Keys.Count;
            foreach (IptablesRule rule in chain.Written) Compile(rule, text.Name, starts);
            if (chain is DirectChain direct) direct.Compile(Parts, starts);
            if (isBuiltIn) Policies[Slot(table, HookOf(chain))] = Parts.Keys.Count;
            Parts.AddEnd(chain.Policy switch
            {
                "DROP" => ActionKind.PolicyDrop,
                null => ActionKind.EndOfChain,
                _ => ActionKind.PolicyAccept,
            });
        }
    }

    private void Compile(IptablesRule rule, string table, ChainStarts starts)
    {
        byte protocol = new MatchCompiler(Parts, _sets, rule).Compile(out int firstMatch, out int matchCount);
        RuleAction action = new TargetCompiler(Parts, table, rule, protocol).Compile(starts);
        action.FirstMatch = firstMatch;
        action.MatchCount = (ushort)matchCount;
        Parts.Actions.Add(action);
    }

    private static NetfilterHook HookOf(IptablesChain chain) => (NetfilterHook)Array.IndexOf(HookNames, chain.Name);
}

/// <summary>A chain and its first rule's index.</summary>
internal readonly record struct CompiledChain(string Table, IptablesChain Text, int Start);
