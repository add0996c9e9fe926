namespace Dataplane.Engines.Iptables.Text;

/// <summary>A chain of a table with its rules in order.</summary>
public sealed class IptablesChain(string name, string? policy = null)
{
    private readonly List<IptablesRule> _rules = [];

    public string Name => name;

    /// <summary><c>ACCEPT</c> or <c>DROP</c> of a built-in chain; null for a chain of the user's.</summary>
    public string? Policy => policy;

    /// <summary>Packets that the policy decided on, as the dump says.</summary>
    public ulong Packets { get; init; }

    public ulong Bytes { get; init; }

    /// <summary>The line in the dump; 0 where the chain comes from none.</summary>
    public int Line { get; init; }

    public IReadOnlyList<IptablesRule> Rules => _rules;

    public void Add(IptablesRule rule) => _rules.Add(rule);
}
