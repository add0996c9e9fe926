namespace Dataplane.Engines.Iptables.Text;

/// <summary>One option of a rule with its values, as iptables-save writes it: <c>! --dport 80</c>.</summary>
public readonly record struct IptablesOption(
    string Name,
    string? Value = null,
    bool IsNegated = false,
    string? SecondValue = null);
