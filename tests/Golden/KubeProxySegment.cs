using Dataplane.Engines.Iptables;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>One packet in one table at one hook, with the rules that matched it: what xtables-monitor shows.</summary>
public sealed record KubeProxySegment(string In, string Out, KubeProxyPacket Packet, IReadOnlyList<string> Rules)
{
    public string Key =>
        $"IN={In} OUT={Out} SRC={IpAddress.FromV4(Packet.Source)} DST={IpAddress.FromV4(Packet.Destination)} LEN={Packet.Length} ID={Packet.Id}\n"
        + string.Join('\n', Rules);
}

internal static class RulePlaceText
{
    /// <summary>As a line of <c>xtables-monitor --trace</c> names it.</summary>
    public static string ToTraceText(this RulePlace place) => place.Rule is not null
        ? $"-t {place.Table} {place.Rule}"
        : $"{place.Table}:{place.Chain.Name}:policy:{place.Chain.Policy}";
}
