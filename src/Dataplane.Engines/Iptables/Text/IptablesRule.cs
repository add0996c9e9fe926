using System.Text;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>
/// One rule as text: what <c>-A</c> says, with options in the order in which iptables-save writes them.
/// </summary>
public sealed class IptablesRule
{
    public required string Chain { get; init; }

    /// <summary><c>-s -d -i -o -p -f</c>, those that stand there.</summary>
    public IReadOnlyList<IptablesOption> Header { get; init; } = [];

    public IReadOnlyList<IptablesMatch> Matches { get; init; } = [];

    /// <summary>A target's or a chain's name; none: the rule only counts.</summary>
    public string? Target { get; init; }

    /// <summary><c>-g</c> instead of <c>-j</c>.</summary>
    public bool IsGoto { get; init; }

    public IReadOnlyList<IptablesOption> TargetOptions { get; init; } = [];

    public ulong Packets { get; init; }

    public ulong Bytes { get; init; }

    /// <summary>The line in the dump; 0 where the rule comes from none.</summary>
    public int Line { get; init; }

    /// <summary>Reads one <c>-A</c> line, with or without counters.</summary>
    public static IptablesRule Parse(string text) => new RuleReader("rule", 1, text).Read();

    /// <summary>The rule as iptables-save prints it, without counters.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        AppendTo(text);
        return text.ToString();
    }

    public void AppendTo(StringBuilder text)
    {
        text.Append("-A ").Append(Chain);
        foreach (IptablesOption option in Header) Append(text, in option);
        foreach (IptablesMatch match in Matches)
        {
            text.Append(" -m ").Append(match.Name);
            foreach (IptablesOption option in match.Options) Append(text, in option);
        }

        if (Target is null) return;

        text.Append(IsGoto ? " -g " : " -j ").Append(Target);
        foreach (IptablesOption option in TargetOptions) Append(text, in option);
    }

    private static void Append(StringBuilder text, in IptablesOption option)
    {
        text.Append(option.IsNegated ? " ! " : " ").Append(option.Name);
        if (option.Value is null) return;

        text.Append(' ');
        if (Vocabulary.IsFreeText(option.Name)) Quoting.Append(text, option.Value);
        else text.Append(option.Value);
        if (option.SecondValue is not null) text.Append(' ').Append(option.SecondValue);
    }
}
