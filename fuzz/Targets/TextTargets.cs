using System.Text;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;

namespace Dataplane.Fuzz.Targets;

/// <summary>Dumps of the real tools: read, made into tables, printed and read again.</summary>
internal static class TextTargets
{
    private const string Name = "input";

    /// <summary>iptables-save, ip6tables-save and ipset save.</summary>
    public static void RunIptables(ReadOnlySpan<byte> input) => Try(input, static text =>
    {
        var rules = IptablesRuleset.Parse(text, Name);
        string printed = rules.ToString();
        Expect.That(Reprint(rules, printed) == printed, "printed and read again, the rules are others");
        foreach (int family in (ReadOnlySpan<int>)[4, 6])
            NetfilterRules.Compile(rules, family, new InterfaceNames()).Dispose();
    });

    /// <summary>ipvsadm-save.</summary>
    public static void RunIpvs(ReadOnlySpan<byte> input) => Try(input, static text =>
    {
        IReadOnlyList<IpvsVirtualServer> servers = IpvsRules.Parse(text, Name);
        string printed = IpvsRules.Print(servers);
        Expect.That(IpvsRules.Print(IpvsRules.Parse(printed, Name)) == printed,
            "printed and read again, the services are others");
        using var names = new AddressNames(AddressMap.Build([]));
        IpvsTables.Compile(servers, names, new IpvsOptions()).Dispose();
    });

    /// <summary>ip route, birdc show route.</summary>
    public static void RunRoutes(ReadOnlySpan<byte> input) => Try(input, static text =>
    {
        RouteTable routes = RouteTableReader.Read(new StringReader(text), Name);
        foreach (RouteEntry route in routes.Routes)
            Expect.That(routes.Find(route.Destination.Address) is not null,
                $"{route.Destination} does not hold its own address");
    });

    public static IEnumerable<byte[]> IptablesSeeds() =>
        [.. SeedTexts.Iptables.Select(Encoding.UTF8.GetBytes), .. SeedFiles.Shared("*iptables*", "*ipset*", "*.rules")];

    public static IEnumerable<byte[]> IpvsSeeds() =>
        [.. SeedTexts.Ipvs.Select(Encoding.UTF8.GetBytes), .. SeedFiles.Shared("*ipvsadm*")];

    public static IEnumerable<byte[]> RouteSeeds() =>
        [.. SeedTexts.Routes.Select(Encoding.UTF8.GetBytes), .. SeedFiles.Shared("*route*.txt")];

    private static string Reprint(IptablesRuleset rules, string printed)
    {
        // Tables print without the header that told their family: what stood under ip6tables-save is read as such.
        int family = rules.Tables.All(table => table.Family == 6) ? 6 : 4;
        bool isMixed = rules.Tables.Any(table => table.Family != family);
        return isMixed ? printed : IptablesRuleset.Parse(printed, Name, family).ToString();
    }

    private static void Try(ReadOnlySpan<byte> input, Action<string> use)
    {
        string text = Encoding.UTF8.GetString(input);
        try
        {
            use(text);
        }
        catch (InvalidDataException error)
        {
            Expect.OneLine(error.Message, "");
        }
    }
}
