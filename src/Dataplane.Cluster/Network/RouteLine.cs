using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Wire;
using static Dataplane.Cluster.Settings.SettingValues;

namespace Dataplane.Cluster.Network;

/// <summary>A line that is not empty, and where it stands.</summary>
internal readonly record struct RouteLine(string Text, SourceLine Source)
{
    /// <summary>Lines that go on with the route above them begin with space.</summary>
    public bool IsContinuation => char.IsWhiteSpace(Text[0]);

    public string[] Words => Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    public InvalidDataException Damage(string what) => new($"{Source}: {what}");
}

/// <summary>
/// A line's words, one after the other; a bad one is an error that names the line and whose word it is not.
/// </summary>
internal sealed class RouteWords(RouteLine line, ArraySegment<string> words, string tool)
{
    private int _next;

    public bool TryNext(out string word)
    {
        word = _next < words.Count ? words[_next] : "";
        return _next++ < words.Count;
    }

    public string ValueOf(string word) => TryNext(out string value) ? value
        : throw line.Damage($"\"{Show(word)}\" has no value, or is no word of {tool}'s");

    public IpAddress AddressOf(string word)
    {
        string text = ValueOf(word);
        return IpAddress.TryParse(text, out IpAddress address) ? address
            : throw line.Damage($"{word} is \"{Show(text)}\", not an IP address");
    }

    public uint NumberOf(string word)
    {
        string text = ValueOf(word);
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
            : throw line.Damage($"{word} is \"{Show(text)}\", not a number");
    }

    public InvalidDataException Unknown(string word) =>
        line.Damage($"\"{Show(word)}\" is no word of {tool}'s that is understood");
}
