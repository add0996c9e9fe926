using System.Text.Json;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>Names of verdicts, stages and reasons in results; drop reasons have theirs in <see cref="DropReasonText"/>.</summary>
public static class VerdictText
{
    public static string Name(Verdict verdict) => Kebab(verdict.ToString());

    public static string Name(Stage stage) => Kebab(stage.ToString());

    public static string Name(IgnoreReason reason) => Kebab(reason.ToString());

    public static string Name(PolicyDirection direction) => Kebab(direction.ToString());

    private static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
