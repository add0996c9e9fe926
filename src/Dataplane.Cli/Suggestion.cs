namespace Dataplane.Cli;

/// <summary>Finds the known word that was probably meant.</summary>
public static class Suggestion
{
    /// <summary><c>unknown verb foo: did you mean bar? Known: …</c></summary>
    public static string For(string what, string given, IReadOnlyCollection<string> known)
    {
        string? nearest = Nearest(given, known);
        string question = nearest is null ? "" : $"did you mean {nearest}? ";
        return $"unknown {what} {given}: {question}Known: {string.Join(' ', known)}";
    }

    /// <summary>The nearest word, or null where none is near.</summary>
    public static string? Nearest(string given, IEnumerable<string> known)
    {
        string? best = known.MinBy(word => Distance(given, word));
        if (best is null) return null;

        return Distance(given, best) <= Math.Max(1, (Math.Max(given.Length, best.Length) + 1) * 2 / 5) ? best : null;
    }

    /// <summary>Edits from one word to the other (Levenshtein), case aside.</summary>
    public static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                bool same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                int replace = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
