using System.Text.Json;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>
/// Names of verdicts, stages and reasons in results; drop reasons have theirs in <see cref="DropReasonText"/>.
/// </summary>
public static class VerdictText
{
    public static string Name(Verdict verdict) => Kebab(verdict.ToString());

    public static string Name(Stage stage) => Kebab(stage.ToString());

    public static string Name(IgnoreReason reason) => Kebab(reason.ToString());

    public static string Name(PolicyDirection direction) => Kebab(direction.ToString());

    /// <summary>Every reason by which a packet can be dropped, with its sentence.</summary>
    public static IEnumerable<(string Name, string Sentence)> DropReasons() => Enum.GetValues<DropReason>()
        .Where(reason => reason != DropReason.None)
        .Select(reason => (DropReasonText.Name(reason), DropReasonText.Sentence(reason)));

    /// <summary>Every reason by which a packet can be ignored, with its sentence.</summary>
    public static IEnumerable<(string Name, string Sentence)> IgnoreReasons() => Enum.GetValues<IgnoreReason>()
        .Where(reason => reason != IgnoreReason.None)
        .Select(reason => (Name(reason), Sentence(reason)));

    private static string Sentence(IgnoreReason reason) => reason switch
    {
        IgnoreReason.UnknownAddresses => "neither side is known to the cluster",
        IgnoreReason.OtherNode => "the packet enters at another node than the one emulated",
        IgnoreReason.NotIp => "the frame carries neither IP nor ARP",
        IgnoreReason.LinkType => "the capture's link type is not read",
        IgnoreReason.Multicast => "the packet is sent to many",
        IgnoreReason.OwnAnswer => "the capture holds an answer that the emulated node gives itself",
        IgnoreReason.SeenAgain => "the capture shows the same packet at another point, where it has entered already",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
