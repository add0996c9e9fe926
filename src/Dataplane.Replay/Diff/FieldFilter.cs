using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Which fields are compared. Names are tshark's; <c>*</c> stands for anything, <c>outer </c> before a
/// name for carrying packets only.
/// </summary>
public sealed class FieldFilter(ImmutableArray<string> ignore, ImmutableArray<string> only)
{
    /// <summary>
    /// What differs between two good captures of the same traffic: times and places of capture, the tunnel's source
    /// port and IP id with the checksums that follow from them, and what tshark derives from other frames.
    /// </summary>
    public static readonly ImmutableArray<string> Expected =
    [
        "frame.time*", "frame.number", "frame.offset_shift", "frame.interface*", "frame.section_number",
        "frame.comment*", "frame.packet_*", "frame.verdict*", "frame.drop_count*", "frame.queue*",
        "outer udp.srcport", "outer ip.id", "outer ip.checksum", "outer udp.checksum", "outer udp.payload",
        "*.checksum_calculated", "*.stream", "*.time", "*time_relative", "*time_delta", "*.resptime",
        "*.resp_in", "*.resp_to", "*.response_in", "*.response_to", "*.request_in", "*.reassembled*",
        "*.prev_*_in", "*.next_*_in", "tcp.segment*", "ip.fragment*", "ipv6.fragment*", "_ws.expert*",
    ];

    private readonly ImmutableArray<string> _ignore = ignore;
    private readonly ImmutableArray<string> _only = only;
    private readonly Dictionary<string, string?> _decided = [];

    /// <summary>The pattern that takes the field out of the comparison; null where it is compared.</summary>
    public string? IgnoredBy(string qualifiedName)
    {
        if (_decided.TryGetValue(qualifiedName, out string? pattern)) return pattern;

        pattern = Decide(qualifiedName);
        _decided.Add(qualifiedName, pattern);
        return pattern;
    }

    private string? Decide(string name)
    {
        string? own = _ignore.FirstOrDefault(pattern => Matches(pattern, name));
        if (own is not null) return own;
        if (_only.Length > 0) return _only.Any(pattern => Matches(pattern, name)) ? null : NotAsked;

        return Expected.FirstOrDefault(pattern => Matches(pattern, name));
    }

    /// <summary>Stands for every field that <c>--only</c> did not name.</summary>
    public const string NotAsked = "(not in --only)";

    /// <summary>A last <c>.*</c> takes the field itself along with what stands below it.</summary>
    internal static bool Matches(string pattern, string name)
    {
        const string Below = ".*";
        const string Outer = DissectedFrame.Outer;
        if (!pattern.StartsWith(Outer, StringComparison.Ordinal) && name.StartsWith(Outer, StringComparison.Ordinal))
            name = name[Outer.Length..];
        if (pattern.EndsWith(Below, StringComparison.Ordinal) && name == pattern[..^Below.Length]) return true;

        return FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
    }
}
