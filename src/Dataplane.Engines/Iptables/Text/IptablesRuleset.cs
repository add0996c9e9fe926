using System.Globalization;
using System.Text;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>
/// What iptables-save, ip6tables-save and ipset save print, as text: tables, chains, rules and sets in order, each with
/// its line. Read, built and printed; <c>NetfilterRules</c> is what packets walk through.
/// </summary>
public sealed class IptablesRuleset(string file)
{
    private readonly List<IptablesTable> _tables = [];
    private readonly List<IpsetText> _sets = [];

    /// <summary>Where it comes from, for messages.</summary>
    public string File => file;

    public IReadOnlyList<IptablesTable> Tables => _tables;

    public IReadOnlyList<IpsetText> Sets => _sets;

    /// <summary>
    /// Reads a dump. Tables are IPv4's unless a header says <c>ip6tables-save</c> or <paramref name="family"/> is 6.
    /// </summary>
    public static IptablesRuleset Read(TextReader dump, string file, int family = 4) =>
        new DumpReader(file, family).Read(dump);

    public static IptablesRuleset Parse(string dump, string file = "rules", int family = 4)
    {
        using StringReader reader = new(dump);
        return Read(reader, file, family);
    }

    public void Add(IptablesTable table) => _tables.Add(table);

    public void Add(IpsetText set) => _sets.Add(set);

    public IptablesTable? Find(string table, int family = 4) =>
        _tables.FirstOrDefault(found => found.Name == table && found.Family == family);

    /// <summary>Prints one family's tables as iptables-save does, with counters where asked for (<c>-c</c>).</summary>
    public void WriteTo(TextWriter writer, int family = 4, bool withCounters = false)
    {
        StringBuilder text = new();
        foreach (IptablesTable table in _tables.Where(table => table.Family == family))
            Append(text, table, withCounters);
        writer.Write(text);
    }

    /// <summary>Both families' tables without counters.</summary>
    public override string ToString()
    {
        using StringWriter writer = new(CultureInfo.InvariantCulture);
        WriteTo(writer);
        WriteTo(writer, 6);
        return writer.ToString();
    }

    private static void Append(StringBuilder text, IptablesTable table, bool withCounters)
    {
        text.Append('*').Append(table.Name).Append('\n');
        foreach (IptablesChain chain in table.Chains)
        {
            text.Append(CultureInfo.InvariantCulture, $":{chain.Name} {chain.Policy ?? "-"} [");
            text.Append(withCounters ? chain.Packets : 0).Append(':')
                .Append(withCounters ? chain.Bytes : 0).Append("]\n");
        }

        foreach (IptablesRule rule in table.Chains.SelectMany(chain => chain.Rules))
        {
            if (withCounters) text.Append(CultureInfo.InvariantCulture, $"[{rule.Packets}:{rule.Bytes}] ");
            rule.AppendTo(text);
            text.Append('\n');
        }

        text.Append("COMMIT\n");
    }
}
