using Dataplane.Wire;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Network;

/// <summary>
/// The output of <c>birdc show route</c>, of BIRD 1.6 (Calico's) and 2 (nest/rt-show.c); the best routes alone.
/// </summary>
internal static class BirdRouteText
{
    public static bool IsHeader(string text) =>
        text.StartsWith("BIRD ", StringComparison.Ordinal) || text.StartsWith("Table ", StringComparison.Ordinal)
        || text.StartsWith("Access restricted", StringComparison.Ordinal);

    public static IEnumerable<RouteEntry> Read(List<RouteLine> lines)
    {
        List<RouteEntry> routes = [];
        IpPrefix? destination = null;
        bool isBest = false;
        foreach (RouteLine line in lines.Where(line => !IsHeader(line.Text)))
        {
            if (!line.IsContinuation) destination = ReadDestination(line, line.Words[0]);
            if (destination is not { } prefix)
                throw line.Damage("this goes on with no route: its destination is missing");

            string[] words = line.IsContinuation ? line.Words : line.Words[1..];
            if (!line.Text.Contains('[', StringComparison.Ordinal))
            {
                // A hop of the route above, in the newer form.
                if (isBest) routes[^1] = routes[^1] with { Hops = routes[^1].Hops.Add(ReadHop(line, words)) };
                continue;
            }

            isBest = words.Contains("*");
            if (isBest) routes.Add(ReadRoute(line, prefix, words));
        }

        return routes;
    }

    /// <summary>What it is, the protocol in brackets, a star, the preference.</summary>
    private static RouteEntry ReadRoute(RouteLine line, IpPrefix destination, string[] words)
    {
        int bracket = Array.FindIndex(words, word => word.StartsWith('['));
        if (bracket < 1) throw line.Damage("no word before the protocol in brackets: what route is it?");

        RouteEntry route = new(destination, line.Source) { Protocol = words[bracket].Trim('[', ']') };
        return words[0] switch
        {
            "via" or "dev" => route with { Hops = [ReadHop(line, words[..bracket])] },
            "unicast" or "multipath" => route,
            "blackhole" => route with { Kind = RouteKind.Blackhole },
            "unreachable" => route with { Kind = RouteKind.Unreachable },
            "prohibited" => route with { Kind = RouteKind.Prohibit },
            string other => throw line.Damage(
                $"\"{Show(other)}\" is no kind of route of BIRD's (via, dev, unicast, multipath, blackhole, "
                + "unreachable, prohibited)"),
        };
    }

    private static RouteHop ReadHop(RouteLine line, string[] rest)
    {
        RouteHop hop = new();
        RouteWords words = new(line, rest, "BIRD");
        while (words.TryNext(out string word))
        {
            hop = word switch
            {
                "via" => hop with { Gateway = words.AddressOf(word) },
                "on" or "dev" => hop with { Device = words.ValueOf(word) },
                "weight" => hop with { Weight = (int)words.NumberOf(word) },
                "onlink" => hop with { OnLink = true },
                _ => throw words.Unknown(word),
            };
        }

        return hop;
    }

    private static IpPrefix ReadDestination(RouteLine line, string text) =>
        IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix
            : throw line.Damage($"\"{Show(text)}\" is no destination: BIRD writes a CIDR");
}
