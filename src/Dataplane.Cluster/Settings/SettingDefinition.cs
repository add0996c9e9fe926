namespace Dataplane.Cluster.Settings;

/// <summary>One key of <c>--set</c>: what it takes, what holds without it, what it is for.</summary>
/// <param name="Key">The key; <c>NAME</c> in it stands for a node's name, <c>NS/NAME</c> for a pod's.</param>
/// <param name="Allowed">What a value may be, as the error says it.</param>
/// <param name="Default">What holds without the setting.</param>
/// <param name="Help">One line.</param>
public sealed record SettingDefinition(string Key, string Allowed, string Default, string Help)
{
    /// <summary>
    /// The settings with this one applied; null where the value is not allowed. Takes the settings, the name in the
    /// key, the value.
    /// </summary>
    internal Func<EmulationSettings, string, string, EmulationSettings?> Apply { get; init; } = (_, _, _) => null;

    private bool IsTemplate => Key.Contains("NAME", StringComparison.Ordinal);

    private bool NamesPod => Key.Contains('/', StringComparison.Ordinal);

    private string Prefix => Key[..(Key.IndexOf('.', StringComparison.Ordinal) + 1)];

    private string Suffix => Key[Key.LastIndexOf('.')..];

    /// <summary>Whether <paramref name="key"/> is this setting's; names may hold dots.</summary>
    internal bool Matches(string key, out string name)
    {
        name = "";
        if (!IsTemplate) return key == Key;
        if (!HasAffixes(key)) return false;

        name = key[Prefix.Length..^Suffix.Length];
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return NamesPod ? slash > 0 && slash == name.LastIndexOf('/') && slash < name.Length - 1 : slash < 0;
    }

    /// <summary>
    /// Whether <paramref name="key"/> is a template's but for its name, which may be of the wrong shape.
    /// </summary>
    internal bool HasAffixes(string key) =>
        IsTemplate && key.Length > Prefix.Length + Suffix.Length
        && key.StartsWith(Prefix, StringComparison.Ordinal) && key.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>
    /// The key that somebody who wrote <paramref name="key"/> may have meant: with his name in it, if there is one.
    /// </summary>
    internal string Candidate(string key)
    {
        int first = key.IndexOf('.', StringComparison.Ordinal);
        int last = key.LastIndexOf('.');
        if (!IsTemplate || first < 0 || first == last) return Key;

        string name = key[(first + 1)..last];
        return NamesPod == name.Contains('/', StringComparison.Ordinal) ? Prefix + name + Suffix : Key;
    }
}
