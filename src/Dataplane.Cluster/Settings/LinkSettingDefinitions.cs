using System.Globalization;
using static Dataplane.Cluster.Settings.SettingRegistry;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Settings;

/// <summary>The keys of the nodes' links, in tc's words and units.</summary>
internal static class LinkSettingDefinitions
{
    private const int LongestQueue = 1_000_000;
    private const decimal HighestRate = 100e12m;
    private const decimal LongestDelay = 3600e9m;

    private static readonly (string Unit, decimal Factor)[] Rates =
    [
        ("kbit", 1e3m), ("mbit", 1e6m), ("gbit", 1e9m), ("tbit", 1e12m),
        ("kibit", 1L << 10), ("mibit", 1L << 20), ("gibit", 1L << 30), ("tibit", 1L << 40), ("bit", 1),
    ];

    private static readonly (string Unit, decimal Factor)[] Times =
        [("ns", 1), ("us", 1e3m), ("ms", 1e6m), ("s", 1e9m)];

    public static IEnumerable<SettingDefinition> All() =>
    [
        Define<long>("link.rate",
            "a number of bit, kbit, mbit, gbit or tbit (kibit ... of 1024), say 10Gbit, up to 100tbit", "no limit",
            "rate of the nodes' eth0; frames take their length, at least 60, and 24 bytes of preamble, FCS and gap",
            (string text, out long rate) => TryQuantity(text, Rates, HighestRate, out rate) && rate > 0,
            (settings, rate) => settings with { Link = settings.Link with { Rate = rate } }),
        Define("link.queue", "1 to 1000000", "1000, as txqueuelen",
            "frames that may wait for it; more are dropped (congestion)",
            Number(1, LongestQueue), (settings, queue) =>
                settings with { Link = settings.Link with { Queue = queue } }),
        Define<long>("link.delay", "a number of ns, us, ms or s, up to 3600s",
            "no delay", "from a frame's departure to its arrival",
            TryTime,
            (settings, delay) => settings with { Link = settings.Link with { Delay = delay } }),
    ];

    internal static bool TryTime(string text, out long nanoseconds) =>
        TryQuantity(text, Times, LongestDelay, out nanoseconds);

    /// <summary>A number with a unit, in whatever case; of nothing no unit is asked.</summary>
    private static bool TryQuantity(string text, (string Unit, decimal Factor)[] units, decimal most, out long value)
    {
        value = 0;
        if (text == "0") return true;

        string number = text.TrimEnd([.. Letters()]);
        string unit = text[number.Length..];
        decimal factor =
            units.FirstOrDefault(known => known.Unit.Equals(unit, StringComparison.OrdinalIgnoreCase)).Factor;
        if (factor == 0) return false;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount))
            return false;
        if (amount > most / factor) return false;

        value = (long)(amount * factor);
        return true;
    }

    private static IEnumerable<char> Letters() =>
        Enumerable.Range('A', 26).Concat(Enumerable.Range('a', 26)).Select(letter => (char)letter);
}
