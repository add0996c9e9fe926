using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>Matches that remember packets: recent, limit.</summary>
internal sealed partial class MatchCompiler
{
    private const uint LimitScale = 10_000;
    private const uint DefaultBurst = 5;
    private const uint MostHits = 255;

    private void CompileRecent(IptablesMatch match)
    {
        _isOrdered = true;
        IptablesOption[] verbs =
            [.. match.Options.Where(static option => option.Name is "--set" or "--rcheck" or "--update" or "--remove")];
        if (verbs.Length != 1) throw Error("match recent takes one of --set, --rcheck, --update, --remove");

        RecentMode mode = verbs[0].Name switch
        {
            "--set" => RecentMode.Set,
            "--rcheck" => RecentMode.Check,
            "--update" => RecentMode.Update,
            _ => RecentMode.Remove,
        };
        uint seconds = Number(match, "--seconds");
        uint hits = Number(match, "--hitcount");
        bool reaps = match.Options.Any(static option => option.Name == "--reap");
        if (mode is RecentMode.Set or RecentMode.Remove && (seconds != 0 || hits != 0 || reaps))
            throw Error($"{verbs[0].Name} takes neither --seconds nor --hitcount nor --reap");
        if (reaps && seconds == 0) throw Error("--reap needs --seconds");
        if (hits > MostHits) throw Error($"--hitcount {hits}: more than {MostHits}");

        int list = parts.RecentList(
            Find(match, "--name").Value ?? "DEFAULT", RecentMask(match), hits, out UInt128 mask);
        Rare(MatchKind.Recent, verbs[0].IsNegated, (uint)parts.Recents.Count);
        parts.Recents.Add(new RecentRule
        {
            List = list,
            Mode = mode,
            IsDestination = match.Options.Any(static option => option.Name == "--rdest"),
            Mask = mask,
            Age = seconds * 1_000_000_000L,
            HitCount = hits,
            Reaps = reaps,
        });
    }

    private UInt128 RecentMask(IptablesMatch match)
    {
        if (Find(match, "--mask").Value is not { } text) return UInt128.MaxValue;
        if (!RuleValues.TryAddress(text, parts.Family, out UInt128 mask))
            throw Error($"--mask {Quoting.Excerpt(text)}: not an IPv{parts.Family} mask");

        return mask;
    }

    private uint Number(IptablesMatch match, string name)
    {
        if (Find(match, name).Value is not { } text) return 0;
        if (!RuleValues.TryNumber(text, out uint number)) throw Error($"{name} {Quoting.Excerpt(text)}: not a number");

        return number;
    }

    private void CompileLimit(IptablesMatch match)
    {
        _isOrdered = true;
        string rate = Find(match, "--limit").Value ?? "3/hour";
        uint burst = Find(match, "--limit-burst").Value is null ? DefaultBurst : Number(match, "--limit-burst");
        if (!TryRate(rate, out uint average))
            throw Error($"--limit {Quoting.Excerpt(rate)}: not N/second, N/minute, N/hour or N/day");
        if (burst == 0 || LimitRule.Overflows(average, burst))
            throw Error($"--limit-burst {burst}: the kernel cannot count so far at {rate}");

        Rare(MatchKind.Limit, isNegated: false, (uint)parts.Limits.Count);
        parts.Limits.Add(new LimitRule(average, burst));
    }

    /// <summary>The time between two packets in 1/10,000 s, as <c>parse_rate</c> of libxt_limit computes it.</summary>
    private static bool TryRate(string text, out uint average)
    {
        average = 0;
        int slash = text.IndexOf('/');
        string unit = slash < 0 ? "second" : text[(slash + 1)..];
        if (unit.Length == 0 || !RuleValues.TryNumber(slash < 0 ? text : text.AsSpan(0, slash), out uint packets)
            || packets == 0)
            return false;

        uint seconds =
            "second".StartsWith(unit, StringComparison.OrdinalIgnoreCase) || unit == "sec" ? 1u
            : "minute".StartsWith(unit, StringComparison.OrdinalIgnoreCase) ? 60u
            : "hour".StartsWith(unit, StringComparison.OrdinalIgnoreCase) ? 3600u
            : "day".StartsWith(unit, StringComparison.OrdinalIgnoreCase) ? 86_400u
            : 0u;
        average = LimitScale * seconds / packets;
        return average != 0;
    }
}
