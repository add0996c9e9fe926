namespace Dataplane.Cluster.Settings;

/// <summary>
/// "Did you mean": the known word with the smallest edit distance (Levenshtein), if it is near enough; else one that
/// goes on behind a hyphen, as pods' names do behind those of their Deployments.
/// </summary>
public static class NearestWord
{
    /// <summary>Null where no known word is within a third of the word's length (two letters at least).</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        if (word.Length > 256) return null;

        string? nearest = null;
        string? longer = null;
        int best = Math.Max(2, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            if (word.Length > 0 && candidate.StartsWith(word + "-", StringComparison.OrdinalIgnoreCase))
                longer ??= candidate;
            int distance = Distance(word, candidate);
            if (distance >= best) continue;
            best = distance;
            nearest = candidate;
        }

        return nearest ?? longer;
    }

    /// <summary>Edits from one word to the other (Levenshtein), case aside.</summary>
    public static int Distance(string left, string right)
    {
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        int[] current = new int[right.Length + 1];
        for (int i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                bool same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                int replaced = previous[j - 1] + (same ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
