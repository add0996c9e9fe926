using System.Globalization;
using System.Text;
using Dataplane.Engines.Iptables;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>One packet in one table at one hook, with the rules that matched it: what xtables-monitor shows.</summary>
public sealed record KubeProxySegment(string In, string Out, KubeProxyPacket Packet, IReadOnlyList<string> Rules)
{
    public string Key =>
        KeyOf(
            In,
            Out,
            IpAddress.FromV4(Packet.Source).ToString(),
            IpAddress.FromV4(Packet.Destination).ToString(),
            Packet.Length.ToString(CultureInfo.InvariantCulture),
            Packet.Id.ToString(CultureInfo.InvariantCulture))
        + string.Concat(Rules.Select(rule => $"\n{rule}"));

    /// <summary>
    /// The same keys from what <c>xtables-monitor --trace</c> printed. A refusal is sent, and traced, while the refused
    /// packet is still in its chain: lines belong to packets by their number.
    /// </summary>
    public static IEnumerable<string> ReadTrace(string name)
    {
        List<StringBuilder> segments = [];
        Dictionary<string, StringBuilder> open = [];
        foreach (string line in GoldenFolder.ReadText(name).Split('\n').Where(line => line.Length > 0))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "PACKET:")
            {
                open[words[2]] = new StringBuilder(KeyOf(Field(words, "IN"), Field(words, "OUT"),
                    Field(words, "SRC"), Field(words, "DST"), Field(words, "LEN"), Field(words, "ID")));
                segments.Add(open[words[2]]);
            }
            else
            {
                int rule = line.IndexOf("-4 -t ", StringComparison.Ordinal);
                open[words[2]].Append('\n').Append(rule >= 0 ? line[(rule + 3)..].TrimEnd() : words[3]);
            }
        }

        return segments.Select(segment => segment.ToString());
    }

    /// <summary>What the node sent to itself no capture point saw: the lab made it up, and its id.</summary>
    private static string KeyOf(
        string input, string output, string source, string destination, string length, string id) =>
        $"IN={input} OUT={output} SRC={source} DST={destination} LEN={length}"
        + (source == "192.168.56.11" && destination is "192.168.56.11" or "10.96.0.99" ? "" : $" ID={id}");

    private static string Field(string[] words, string name) =>
        words.FirstOrDefault(word => word.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
}

internal static class RulePlaceText
{
    /// <summary>As a line of <c>xtables-monitor --trace</c> names it.</summary>
    public static string ToTraceText(this RulePlace place) => place.Rule is not null
        ? $"-t {place.Table} {place.Rule}"
        : $"{place.Table}:{place.Chain.Name}:policy:{place.Chain.Policy}";
}
