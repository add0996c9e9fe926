using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies;

/// <summary>Words that sentences about policies share.</summary>
internal static class Wording
{
    /// <summary><c>1 pod</c>, <c>3 pods</c>, <c>2 policies</c>.</summary>
    public static string Count(int count, string noun) => string.Create(
        CultureInfo.InvariantCulture,
        $"{count} {(count == 1 ? noun : noun.EndsWith('y') ? noun[..^1] + "ies" : noun + "s")}");

    /// <summary><c>8080/tcp</c>; a protocol that has no ports stands alone.</summary>
    public static string Port(int port, byte protocol) => port == 0
        ? Protocol(protocol)
        : string.Create(CultureInfo.InvariantCulture, $"{port}/{Protocol(protocol)}");

    public static string Protocol(byte protocol) => protocol switch
    {
        0 => "any",
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.Icmpv6 => "icmpv6",
        _ => protocol.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The first few of a list: <c>a, b, c and 4 more</c>.</summary>
    public static string List(IReadOnlyCollection<string> items, int shown)
    {
        string some = string.Join(", ", items.Take(shown));
        return items.Count <= shown ? some : $"{some} and {items.Count - shown} more";
    }
}
