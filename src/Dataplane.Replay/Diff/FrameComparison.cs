namespace Dataplane.Replay.Diff;

/// <summary>Compares two dissected frames field by field and keeps count of what was left out.</summary>
internal sealed class FrameComparison(FieldFilter filter)
{
    private readonly FieldFilter _filter = filter;
    private readonly Dictionary<string, long> _ignored = [];
    private readonly HashSet<string> _ignoredHere = [];
    private readonly List<FieldDifference> _found = [];

    public IReadOnlyDictionary<string, long> Ignored => _ignored;

    /// <summary>The list is good until the next call.</summary>
    public IReadOnlyList<FieldDifference> Compare(DissectedFrame ours, DissectedFrame reference)
    {
        _found.Clear();
        _ignoredHere.Clear();

        if (HaveTheSameFields(ours, reference)) CompareInOrder(ours, reference);
        else CompareByName(ours, reference);

        foreach (string pattern in _ignoredHere)
            _ignored[pattern] = _ignored.GetValueOrDefault(pattern) + 1;
        return _found;
    }

    private static bool HaveTheSameFields(DissectedFrame ours, DissectedFrame reference)
    {
        if (ours.Fields.Count != reference.Fields.Count || ours.InnerStart != reference.InnerStart) return false;

        for (int i = 0; i < ours.Fields.Count; i++)
        {
            if (ours.Fields[i].Name != reference.Fields[i].Name || ours.Fields[i].Layer != reference.Fields[i].Layer)
                return false;
        }

        return true;
    }

    private void CompareInOrder(DissectedFrame ours, DissectedFrame reference)
    {
        for (int i = 0; i < ours.Fields.Count; i++)
        {
            DissectedField left = ours.Fields[i];
            DissectedField right = reference.Fields[i];
            if (left.Show == right.Show && left.Value == right.Value) continue;

            Differ(ours, reference, ours.QualifiedName(left), left, right);
        }
    }

    private void CompareByName(DissectedFrame ours, DissectedFrame reference)
    {
        Dictionary<(string, int), DissectedField> others = Index(reference);
        foreach (((string Name, int) key, DissectedField left) in Index(ours))
        {
            if (!others.Remove(key, out DissectedField right)) Differ(ours, reference, key.Name, left, null);
            else if (left.Show != right.Show || left.Value != right.Value)
                Differ(ours, reference, key.Name, left, right);
        }

        foreach (((string Name, int) key, DissectedField right) in others)
            Differ(ours, reference, key.Name, null, right);
    }

    /// <summary>Fields by name and by how often the name came before.</summary>
    private static Dictionary<(string Name, int Occurrence), DissectedField> Index(DissectedFrame frame)
    {
        Dictionary<string, int> seen = [];
        Dictionary<(string, int), DissectedField> index = [];
        foreach (DissectedField field in frame.Fields)
        {
            string name = frame.QualifiedName(field);
            int occurrence = seen.GetValueOrDefault(name);
            seen[name] = occurrence + 1;
            index.Add((name, occurrence), field);
        }

        return index;
    }

    private void Differ(
        DissectedFrame ours, DissectedFrame reference, string name, DissectedField? left, DissectedField? right)
    {
        string? pattern = _filter.IgnoredBy(name);
        if (pattern is not null)
        {
            _ignoredHere.Add(pattern);
            return;
        }

        bool showTheSame = left?.Show == right?.Show;
        _found.Add(new FieldDifference(
            ours.Number,
            reference.Number,
            name,
            showTheSame ? left?.Value : left?.Show,
            showTheSame ? right?.Value : right?.Show));
    }
}
