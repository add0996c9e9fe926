using System.Globalization;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// A compiled rule's place in its dump; a policy, or the end of a user's chain, has no rule and no number.
/// </summary>
public readonly record struct RulePlace(string Table, IptablesChain Chain, int Number, IptablesRule? Rule)
{
    /// <summary>The line of the dump; 0 where there is none.</summary>
    public int Line => Rule?.Line ?? Chain.Line;

    /// <summary><c>nat KUBE-SERVICES 3</c>, <c>filter FORWARD policy</c>.</summary>
    public override string ToString() => Rule is not null
        ? string.Create(CultureInfo.InvariantCulture, $"{Table} {Chain.Name} {Number}")
        : $"{Table} {Chain.Name} {(Chain.Policy is null ? "end" : "policy")}";
}
