using Dataplane.Wire;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Network;

/// <summary>The output of <c>ip route</c> (iproute2's ip/iproute.c print_route).</summary>
internal static class IpRouteText
{
    private const string Default = "default";

    /// <summary>Words with a value that decides nothing here.</summary>
    private static readonly HashSet<string> SkippedPairs =
    [
        "scope", "tos", "dsfield", "mtu", "advmss", "window", "rtt", "rttvar", "rto_min", "ssthresh", "cwnd",
        "initcwnd", "initrwnd", "hoplimit", "reordering", "quickack", "congctl", "features", "pref", "expires", "error",
        "nhid", "realm", "realms", "from", "fastopen_no_cookie",
    ];

    private static readonly HashSet<string> SkippedFlags =
        ["pervasive", "offload", "trap", "notify", "rt_offload", "rt_trap", "offload_failed", "cache"];

    public static IEnumerable<RouteEntry> Read(List<RouteLine> lines)
    {
        IpPrefix standard = IpPrefix.Parse(IsIpv6(lines) ? "::/0" : "0.0.0.0/0");
        List<RouteEntry> routes = [];
        foreach (RouteLine line in lines)
        {
            if (!line.IsContinuation)
            {
                routes.Add(ReadRoute(line, standard));
                continue;
            }

            if (routes.Count == 0 || line.Words[0] != "nexthop")
                throw line.Damage(
                    $"\"{Show(line.Text.Trim())}\" goes on with no route: nexthop lines stand behind theirs");

            RouteEntry hop = ReadWords(line, line.Words[1..], new RouteEntry(standard, line.Source));
            routes[^1] = routes[^1] with { Hops = routes[^1].Hops.AddRange(hop.Hops) };
        }

        return routes;
    }

    private static RouteEntry ReadRoute(RouteLine line, IpPrefix standard)
    {
        string[] words = line.Words;
        RouteKind? named = KindOf(words[0]);
        int first = named is null ? 0 : 1;
        if (words.Length == first) throw line.Damage($"{words[0]} without a destination");

        IpPrefix destination = words[first] == Default ? standard : ReadDestination(line, words[first]);
        RouteEntry route = ReadWords(
            line, words[(first + 1)..], new RouteEntry(destination, line.Source) { Kind = named ?? RouteKind.Unicast });
        bool isV6Gateway = route.Hops.Any(hop => hop.Gateway.IsV6);
        return words[first] == Default && isV6Gateway && standard.Address.IsV4 && !words.Contains("inet6")
            ? route with { Destination = IpPrefix.Parse("::/0") }
            : route;
    }

    private static RouteEntry ReadWords(RouteLine line, ArraySegment<string> rest, RouteEntry route)
    {
        RouteHop hop = new();
        RouteWords words = new(line, rest, "ip route");
        while (words.TryNext(out string word))
        {
            switch (word)
            {
                case "via": hop = hop with { Gateway = ReadGateway(line, words) }; break;
                case "dev": hop = hop with { Device = words.ValueOf(word) }; break;
                case "onlink": hop = hop with { OnLink = true }; break;
                case "linkdown" or "dead": hop = hop with { IsDown = true }; break;
                case "weight": hop = hop with { Weight = (int)words.NumberOf(word) }; break;
                case "proto": route = route with { Protocol = words.ValueOf(word) }; break;
                case "src": route = route with { PreferredSource = words.AddressOf(word) }; break;
                case "metric": route = route with { Metric = words.NumberOf(word) }; break;
                case "table": route = route with { Table = words.ValueOf(word) }; break;
                default: Skip(word, words); break;
            }
        }

        return hop.Gateway.IsNone && hop.Device.Length == 0 ? route : route with { Hops = [hop] };
    }

    private static void Skip(string word, RouteWords words)
    {
        if (SkippedFlags.Contains(word)) return;
        if (!SkippedPairs.Contains(word)) throw words.Unknown(word);

        // A locked metric: mtu lock 1400.
        if (words.ValueOf(word) == "lock") words.ValueOf(word);
    }

    /// <summary>Of the other family with its name: via inet6 fe80::1.</summary>
    private static IpAddress ReadGateway(RouteLine line, RouteWords words)
    {
        string text = words.ValueOf("via");
        if (text is "inet" or "inet6") return words.AddressOf("via");

        return IpAddress.TryParse(text, out IpAddress address) ? address
            : throw line.Damage($"via is \"{Show(text)}\", not an IP address");
    }

    private static IpPrefix ReadDestination(RouteLine line, string text)
    {
        if (IpPrefix.TryParse(text, out IpPrefix prefix)) return prefix;
        if (IpAddress.TryParse(text, out IpAddress address)) return new IpPrefix(address, address.Bits);

        throw line.Damage($"\"{Show(text)}\" is no destination: an address, a CIDR or default");
    }

    private static RouteKind? KindOf(string word) => word switch
    {
        "unicast" => RouteKind.Unicast,
        "local" or "anycast" => RouteKind.Local,
        "broadcast" => RouteKind.Broadcast,
        "multicast" => RouteKind.Multicast,
        "blackhole" => RouteKind.Blackhole,
        "unreachable" => RouteKind.Unreachable,
        "prohibit" => RouteKind.Prohibit,
        "throw" => RouteKind.Throw,
        _ => null,
    };

    /// <summary>Which family <c>default</c> is of: that of the other destinations.</summary>
    private static bool IsIpv6(List<RouteLine> lines)
    {
        string[] destinations = [.. lines.Where(line => !line.IsContinuation)
            .Select(line => line.Words.FirstOrDefault(word => word != Default && KindOf(word) is null) ?? "")];
        return destinations.Any(word => word.Contains(':', StringComparison.Ordinal))
            && !destinations.Any(word => word.Contains('.', StringComparison.Ordinal));
    }
}
