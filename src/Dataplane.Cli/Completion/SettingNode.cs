using System.Collections.Immutable;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cli.Completion;

/// <summary>
/// A key of <c>--set</c> as far as it can be typed for the user, and its values where they are words.
/// </summary>
public sealed record SettingNode(string Key, string Text, ImmutableArray<string> Words)
{
    public static SettingNode Of(SettingDefinition setting)
    {
        int name = setting.Key.IndexOf('N', StringComparison.Ordinal);
        return setting.Key.Contains("NAME", StringComparison.Ordinal)
            ? new SettingNode(setting.Key[..name], setting.Key, [])
            : new SettingNode(setting.Key + "=", setting.Help, WordsOf(setting.Allowed));
    }

    /// <summary>"vxlan, host-gw or ipip" is three words; "576 to 65535" and "MIN-MAX" are none.</summary>
    private static ImmutableArray<string> WordsOf(string allowed)
    {
        string[] words = allowed.Split([", ", " or "], StringSplitOptions.None);
        if (words.Length == 1) words = allowed.Split(' ');
        bool areWords = words.Length > 1
            && words.All(word => word.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            && !words.Any(word => word is "to" or "a" || word.Equals("CIDR", StringComparison.Ordinal));
        return areWords ? [.. words] : [];
    }
}
