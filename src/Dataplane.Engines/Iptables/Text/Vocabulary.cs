using System.Diagnostics.CodeAnalysis;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>
/// Which matches, targets and options are modelled: the words of iptables-extensions(8) that a dump may use.
/// </summary>
internal static class Vocabulary
{
    private static readonly Dictionary<string, Word> Header = Words(
        "! -s,--source,--src 1", "! -d,--destination,--dst 1", "! -i,--in-interface 1", "! -o,--out-interface 1",
        "! -p,--protocol,--proto 1", "! -f,--fragment 0");

    private static readonly string[] Ports =
        ["! --sport,--source-port 1", "! --dport,--destination-port 1"];

    private static readonly Dictionary<string, Dictionary<string, Word>> Matches = new(StringComparer.Ordinal)
    {
        ["addrtype"] = Words("! --src-type 1", "! --dst-type 1", "--limit-iface-in 0", "--limit-iface-out 0"),
        ["comment"] = Words("--comment 1"),
        ["connmark"] = Words("! --mark 1"),
        ["conntrack"] = Words(
            "! --ctstate 1", "! --ctproto 1", "! --ctorigsrc 1", "! --ctorigdst 1", "! --ctorigsrcport 1",
            "! --ctorigdstport 1", "--ctdir 1"),
        ["icmp"] = Words("! --icmp-type 1"),
        ["icmp6"] = Words("! --icmpv6-type 1"),
        ["iprange"] = Words("! --src-range 1", "! --dst-range 1"),
        ["length"] = Words("! --length 1"),
        ["limit"] = Words("--limit 1", "--limit-burst 1"),
        ["mark"] = Words("! --mark 1"),
        ["multiport"] = Words(
            "! --sports,--source-ports 1", "! --dports,--destination-ports 1", "! --ports 1"),
        ["physdev"] = Words(
            "! --physdev-in 1", "! --physdev-out 1", "! --physdev-is-in 0", "! --physdev-is-out 0",
            "! --physdev-is-bridged 0"),
        ["recent"] = Words(
            "! --set 0", "! --rcheck 0", "! --update 0", "! --remove 0", "--seconds 1", "--reap 0", "--hitcount 1",
            "--name 1", "--mask 1", "--rsource 0", "--rdest 0"),
        ["sctp"] = Words(Ports),
        ["set"] = Words("! --match-set 2"),
        ["state"] = Words("! --state 1"),
        ["statistic"] = Words("--mode 1", "! --probability 1", "! --every 1", "--packet 1"),
        ["tcp"] = Words([.. Ports, "! --tcp-flags 2", "! --syn 0", "! --tcp-option 1"]),
        ["udp"] = Words(Ports),
    };

    private static readonly Dictionary<string, Dictionary<string, Word>> Targets = new(StringComparer.Ordinal)
    {
        ["ACCEPT"] = [],
        ["DROP"] = [],
        ["RETURN"] = [],
        ["TRACE"] = [],
        ["NOTRACK"] = [],
        ["CT"] = Words("--notrack 0"),
        ["REJECT"] = Words("--reject-with 1"),
        ["DNAT"] = Words("--to-destination 1", "--random 0", "--persistent 0"),
        ["SNAT"] = Words("--to-source 1", "--random 0", "--random-fully 0", "--persistent 0"),
        ["MASQUERADE"] = Words("--to-ports 1", "--random 0", "--random-fully 0"),
        ["REDIRECT"] = Words("--to-ports 1", "--random 0"),
        ["MARK"] = Words("--set-mark 1", "--set-xmark 1", "--and-mark 1", "--or-mark 1", "--xor-mark 1"),
        ["CONNMARK"] = Words(
            "--set-mark 1", "--set-xmark 1", "--and-mark 1", "--or-mark 1", "--xor-mark 1", "--save-mark 0",
            "--restore-mark 0", "--nfmask 1", "--ctmask 1", "--mask 1"),
        ["LOG"] = Words(
            "--log-level 1", "--log-prefix 1", "--log-tcp-sequence 0", "--log-tcp-options 0", "--log-ip-options 0",
            "--log-uid 0", "--log-macdecode 0"),
        ["TCPMSS"] = Words("--set-mss 1", "--clamp-mss-to-pmtu 0"),
    };

    /// <summary>Targets of iptables that are not modelled: a name that is not here must be a chain.</summary>
    private static readonly HashSet<string> ForeignTargets = new(StringComparer.Ordinal)
    {
        "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNSECMARK", "DNPT", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER",
        "LED", "MIRROR", "NETMAP", "NFLOG", "NFQUEUE", "QUEUE", "RATEEST", "SAME", "SECMARK", "SET", "SNPT", "SYNPROXY",
        "TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TTL", "ULOG",
    };

    private static readonly Dictionary<string, string> ProtocolMatches = new(StringComparer.Ordinal)
    {
        ["tcp"] = "tcp",
        ["6"] = "tcp",
        ["udp"] = "udp",
        ["17"] = "udp",
        ["sctp"] = "sctp",
        ["132"] = "sctp",
        ["icmp"] = "icmp",
        ["1"] = "icmp",
        ["icmpv6"] = "icmp6",
        ["ipv6-icmp"] = "icmp6",
        ["58"] = "icmp6",
    };

    public static bool IsMatch(string name) => Matches.ContainsKey(name);

    public static bool IsTarget(string name) => Targets.ContainsKey(name);

    public static bool IsForeignTarget(string name) => ForeignTargets.Contains(name);

    public static bool TryFindInHeader(string option, [NotNullWhen(true)] out Word? word) =>
        Header.TryGetValue(option, out word);

    public static bool TryFindInMatch(string match, string option, [NotNullWhen(true)] out Word? word) =>
        Matches[match].TryGetValue(option, out word);

    public static bool TryFindInTarget(string target, string option, [NotNullWhen(true)] out Word? word)
    {
        word = null;
        return Targets.TryGetValue(target, out Dictionary<string, Word>? words) && words.TryGetValue(option, out word);
    }

    /// <summary>The match that <c>-p</c> brings along without <c>-m</c>.</summary>
    public static bool TryFindProtocolMatch(string protocol, [NotNullWhen(true)] out string? match) =>
        ProtocolMatches.TryGetValue(protocol, out match);

    /// <summary>Options whose value is quoted where it needs to be.</summary>
    public static bool IsFreeText(string option) => option is "--comment" or "--log-prefix";

    private static Dictionary<string, Word> Words(params string[] lines)
    {
        Dictionary<string, Word> words = new(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ');
            string[] names = parts[^2].Split(',');
            Word word = new(names[0], parts[^1][0] - '0', parts[0] == "!");
            foreach (string name in names) words.Add(name, word);
        }

        return words;
    }

    /// <summary>
    /// An option: the name that iptables-save writes, how many values follow, and whether <c>!</c> may precede.
    /// </summary>
    internal sealed record Word(string Name, int ValueCount, bool MayNegate);
}
