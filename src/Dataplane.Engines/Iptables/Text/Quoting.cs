using System.Buffers;
using System.Text;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>
/// Words and quotes of a dump's line, as <c>xtables_save_string</c> writes and iptables-restore reads them.
/// </summary>
internal static class Quoting
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static void Append(StringBuilder text, string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAnyExcept(Plain))
        {
            text.Append(value);
            return;
        }

        text.Append('"');
        foreach (char letter in value)
        {
            if (letter is '"' or '\\' or '\'') text.Append('\\');
            text.Append(letter);
        }

        text.Append('"');
    }

    /// <summary>
    /// Cuts a line into words; inside double quotes a backslash takes the next letter as it
    /// is. False: a quote stays open.
    /// </summary>
    public static bool TrySplit(string line, List<string> words)
    {
        int position = 0;
        while (true)
        {
            while (position < line.Length && line[position] is ' ' or '\t') position++;
            if (position == line.Length) return true;

            int end = line.AsSpan(position).IndexOfAny(' ', '\t', '"');
            end = end < 0 ? line.Length : position + end;
            if (end == line.Length || line[end] != '"')
            {
                words.Add(line[position..end]);
                position = end;
            }
            else if (!TryReadQuoted(line, ref position, words))
            {
                return false;
            }
        }
    }

    /// <summary>The beginning of what a dump says, safe to print.</summary>
    public static string Excerpt(string text, int longest = 40)
    {
        string cut = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "…") : text;
        return string.Create(cut.Length, cut, static (to, from) =>
        {
            for (int index = 0; index < to.Length; index++) to[index] = char.IsControl(from[index]) ? '?' : from[index];
        });
    }

    private static bool TryReadQuoted(string line, ref int position, List<string> words)
    {
        StringBuilder word = new();
        bool isQuoted = false;
        for (; position < line.Length; position++)
        {
            char letter = line[position];
            if (letter == '"') isQuoted = !isQuoted;
            else if (!isQuoted && letter is ' ' or '\t') break;
            else if (isQuoted && letter == '\\' && position + 1 < line.Length) word.Append(line[++position]);
            else word.Append(letter);
        }

        words.Add(word.ToString());
        return !isQuoted;
    }
}
