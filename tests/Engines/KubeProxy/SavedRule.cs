using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>
/// A rule's line as a set of options, so that what kube-proxy hands to iptables-restore and what iptables-save prints
/// of it compare as equal: options in any order, defaults left out, marks and probabilities as the kernel keeps them.
/// </summary>
internal static class SavedRule
{
    public static Dictionary<string, List<string>> ByChain(IptablesRuleset rules)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        rules.WriteTo(text);
        return ByChain(text.ToString());
    }

    /// <summary>Chains with their rules in order; <c>:CHAIN</c> lines make empty ones.</summary>
    public static Dictionary<string, List<string>> ByChain(string dump)
    {
        Dictionary<string, List<string>> chains = [];
        string table = "";
        foreach (string line in dump.Split('\n'))
        {
            string rule = line.StartsWith('[') ? line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..] : line;
            if (rule.StartsWith('*')) table = rule[1..];
            else if (rule.StartsWith(':')) chains[$"{table} {rule[1..].Split(' ')[0]}"] = [];
            else if (rule.StartsWith("-A ", StringComparison.Ordinal))
                chains[$"{table} {rule.Split(' ')[1]}"].Add(Canonical(rule));
        }

        return chains;
    }

    public static string Canonical(string line)
    {
        List<string> options = [];
        List<string> words = [.. Words(line).Skip(2)];
        for (int index = 0; index < words.Count;)
        {
            bool isNegated = words[index] == "!";
            if (isNegated) index++;
            int start = index++;
            while (index < words.Count && words[index] != "!" && !words[index].StartsWith('-')) index++;

            string option = Canonical(words[start], string.Join(' ', words[(start + 1)..index]));
            if (option.Length > 0) options.Add(isNegated ? $"! {option}" : option);
        }

        return string.Join(" | ", options.Order(StringComparer.Ordinal));
    }

    private static string Canonical(string option, string value) => (option, value) switch
    {
        ("-m", "tcp" or "udp" or "sctp" or "comment") => "",
        ("--mask" or "--rsource" or "--packet", _) => "",
        ("--mode", "random" or "nth") => "",
        ("--reject-with", "icmp-port-unreachable" or "icmp6-port-unreachable") => "",
        ("--every", _) => Draw(1.0 / int.Parse(value, CultureInfo.InvariantCulture)),
        ("--probability", _) => Draw(double.Parse(value, CultureInfo.InvariantCulture)),
        ("--or-mark", _) => $"--set-xmark {value}/{value}",
        ("--xor-mark", _) => $"--set-xmark {value}/0x0",
        ("-s" or "-d", _) => $"{option} {Prefix(value)}",
        _ => $"{option} {value}".TrimEnd(),
    };

    /// <summary>The kernel's 31 bits, of which kube-proxy's ten digits leave less.</summary>
    private static string Draw(double probability) =>
        $"--probability {Math.Round(probability, 8).ToString(CultureInfo.InvariantCulture)}";

    private static string Prefix(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? $"{address}/{address.Bits}" : text;

    private static IEnumerable<string> Words(string line)
    {
        int position = 0;
        while (position < line.Length)
        {
            char closing = line[position] == '"' ? '"' : ' ';
            int start = closing == '"' ? position + 1 : position;
            int end = line.IndexOf(closing, start);
            if (end < 0) end = line.Length;
            if (end > start) yield return line[start..end];
            position = end + 1;
        }
    }
}
