using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.KubeProxy;

/// <summary>Pieces of rules in the words of iptables-save; pieces without values of their own exist once.</summary>
internal static class RuleParts
{
    /// <summary>XT_MAX_COMMENT_LEN less the closing zero (linux/netfilter/xt_comment.h).</summary>
    private const int LongestComment = 255;

    public static readonly IptablesOption[] Nothing = [];

    public static readonly IptablesMatch DestinationIsLocal = new(
        "addrtype", [new IptablesOption("--dst-type", "LOCAL")]);

    public static readonly IptablesMatch SourceIsLocal = new("addrtype", [new IptablesOption("--src-type", "LOCAL")]);

    private static readonly IptablesMatch Tcp = new("tcp", Nothing);
    private static readonly IptablesMatch Udp = new("udp", Nothing);
    private static readonly IptablesMatch Sctp = new("sctp", Nothing);

    /// <summary>The match that belongs to a protocol, without a port.</summary>
    public static IptablesMatch Transport(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => Tcp,
        IpProtocol.Udp => Udp,
        _ => Sctp,
    };

    public static IptablesMatch DestinationPort(byte protocol, ushort port) =>
        new(Transport(protocol).Name, [new IptablesOption("--dport", port.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>Names come from manifests: control characters would end the line.</summary>
    public static IptablesMatch Comment(string text)
    {
        if (text.Length > LongestComment) text = text[..LongestComment];
        if (text.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            text = string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));

        return new IptablesMatch("comment", [new IptablesOption("--comment", text)]);
    }

    public static IptablesMatch ConnectionState(string states, bool isNegated = false) =>
        new("conntrack", [new IptablesOption("--ctstate", states, isNegated)]);

    public static IptablesOption Protocol(byte protocol) => new("-p", Transport(protocol).Name);

    public static IptablesOption Destination(IpAddress address) => new("-d", Host(address));

    public static IptablesOption Source(IpAddress address) => new("-s", Host(address));

    /// <summary>iptables-save leaves out a source that is every address.</summary>
    public static IptablesOption[] Source(IpPrefix prefix) =>
        prefix.Length == 0 ? Nothing : [new IptablesOption("-s", prefix.ToString())];

    private static string Host(IpAddress address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address}/{address.Bits}");
}
