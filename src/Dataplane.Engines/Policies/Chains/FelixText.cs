using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>Chain rules in iptables-save's words.</summary>
internal static class FelixText
{
    public static string ProtocolOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.Icmpv6 => "ipv6-icmp",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>What a selector picks, as one line: the same for the same, however it was written.</summary>
    public static string SelectorOf(PolicySelector selector)
    {
        string pods = TextOf(selector.PodSelector);
        return selector.NamespaceSelector is { } namespaces
            ? $"namespaces {TextOf(namespaces)} pods {pods}"
            : $"namespace {selector.Namespace} pods {pods}";
    }

    /// <param name="chain">The chain that the rule stands in.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="family">4 or 6.</param>
    /// <param name="sets">By number.</param>
    /// <param name="target">Where a jump leads.</param>
    public static IptablesRule RuleOf(
        string chain, ChainRule rule, int family, IReadOnlyList<ChainSet> sets, string target)
    {
        List<IptablesOption> header = [];
        List<IptablesMatch> matches = [];
        foreach (ChainMatch match in rule.Matches.Where(match => match.Kind == ChainMatchKind.Net)
            .OrderBy(match => !match.IsSource))
            header.Add(new IptablesOption(match.IsSource ? "-s" : "-d", match.Net.ToString(), match.IsNegated));
        foreach (ChainMatch match in rule.Matches.Where(match => match.Kind == ChainMatchKind.Protocol))
            header.Add(new IptablesOption("-p", ProtocolOf(match.Protocol), match.IsNegated));
        if (rule.Comment.Length > 0)
            matches.Add(new IptablesMatch("comment", [new IptablesOption("--comment", rule.Comment)]));
        foreach (ChainMatch match in rule.Matches)
        {
            if (match.Kind is ChainMatchKind.Net or ChainMatchKind.Protocol) continue;
            matches.Add(MatchOf(match, family, sets));
        }

        return new IptablesRule
        {
            Chain = chain,
            Header = header,
            Matches = matches,
            Target = rule.Target switch
            {
                ChainTarget.Mark => "MARK",
                ChainTarget.Return => "RETURN",
                ChainTarget.Accept => "ACCEPT",
                ChainTarget.Drop => "DROP",
                _ => target,
            },
            TargetOptions = rule.Target == ChainTarget.Mark
                ? [new IptablesOption("--set-xmark", $"{Hex(rule.MarkValue)}/{Hex(rule.MarkMask)}")]
                : [],
        };
    }

    private static IptablesMatch MatchOf(ChainMatch match, int family, IReadOnlyList<ChainSet> sets)
    {
        string side = match.IsSource ? "src" : "dst";
        return match.Kind switch
        {
            ChainMatchKind.Set => One("set", "--match-set", sets[match.Set].NameIn(family), side, match.IsNegated),
            ChainMatchKind.PortSet =>
                One("set", "--match-set", sets[match.Set].NameIn(family), $"{side},{side}", match.IsNegated),
            ChainMatchKind.Ports =>
                One("multiport", match.IsSource ? "--sports" : "--dports", PortsOf(match), null, match.IsNegated),
            ChainMatchKind.Icmp => One(
                family == 4 ? "icmp" : "icmp6", family == 4 ? "--icmp-type" : "--icmpv6-type",
                IcmpOf(match.Icmp), null, match.IsNegated),
            ChainMatchKind.Mark =>
                One("mark", "--mark", $"{Hex(match.MarkValue)}/{Hex(match.MarkMask)}", null, match.IsNegated),
            _ => One("conntrack", "--ctstate",
                match.States == ChainMatch.Invalid ? "INVALID" : "RELATED,ESTABLISHED", null, false),
        };
    }

    private static IptablesMatch One(string module, string option, string value, string? second, bool isNegated) =>
        new(module, [new IptablesOption(option, value, isNegated, second)]);

    private static string PortsOf(ChainMatch match) => string.Join(',', match.Ports.Select(range =>
        range.First == range.Last ? $"{range.First}" : $"{range.First}:{range.Last}"));

    private static string IcmpOf(IcmpMatch icmp) => icmp.Code is { } code ? $"{icmp.Type}/{code}" : $"{icmp.Type}";

    private static string TextOf(LabelSelector selector)
    {
        IEnumerable<string> labels = selector.MatchLabels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{label.Key} == '{label.Value}'");
        IEnumerable<string> expressions = selector.MatchExpressions
            .Select(one => $"{one.Key} {one.Operator} {{{string.Join(',', one.Values.Order(StringComparer.Ordinal))}}}")
            .Order(StringComparer.Ordinal);
        return $"[{string.Join(" && ", labels.Concat(expressions))}]";
    }

    private static string Hex(uint value) => $"0x{value:x}";
}
