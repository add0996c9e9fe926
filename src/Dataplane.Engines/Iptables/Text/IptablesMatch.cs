namespace Dataplane.Engines.Iptables.Text;

/// <summary>One match of a rule: <c>-m tcp --dport 80</c>.</summary>
public sealed class IptablesMatch(string name, params IReadOnlyList<IptablesOption> options)
{
    public string Name => name;

    public IReadOnlyList<IptablesOption> Options => options;
}
