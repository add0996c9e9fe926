namespace Dataplane.Engines.Iptables.Text;

/// <summary>A chain of a table with its rules in order.</summary>
public class IptablesChain
{
    private string? _name;
    private List<IptablesRule>? _rules;

    public IptablesChain(string name, string? policy = null)
    {
        _name = name;
        Policy = policy;
    }

    /// <summary>A chain of the user's that is named when somebody asks.</summary>
    private protected IptablesChain()
    {
    }

    public string Name => _name ??= MakeName();

    /// <summary><c>ACCEPT</c> or <c>DROP</c> of a built-in chain; null for a chain of the user's.</summary>
    public string? Policy { get; }

    /// <summary>Packets that the policy decided on, as the dump says.</summary>
    public ulong Packets { get; init; }

    public ulong Bytes { get; init; }

    /// <summary>The line in the dump; 0 where the chain comes from none.</summary>
    public int Line { get; init; }

    public virtual IReadOnlyList<IptablesRule> Rules => Written;

    internal virtual int RuleCount => Written.Count;

    /// <summary>Whether nobody has asked for its name yet.</summary>
    internal bool IsUnnamed => _name is null;

    /// <summary>Those rules whose text was added; for a chain of text they are all.</summary>
    internal IReadOnlyList<IptablesRule> Written => _rules ?? (IReadOnlyList<IptablesRule>)[];

    public void Add(IptablesRule rule) => (_rules ??= []).Add(rule);

    private protected virtual string MakeName() => throw new InvalidOperationException("a chain without a name");
}
