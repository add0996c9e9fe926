using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// Finds the objects of one file: documents, lists, typed lists. What stands before an object's kind is kept on a tape
/// and read again when the kind is known; the items of a list never are.
/// </summary>
internal sealed class ObjectReader(
    TokenSource source, string file, ManifestCursor cursor, SnapshotDraft snapshot, CancellationToken cancellation)
{
    private const string ListSuffix = "List";

    private TokenTape _tape = new();

    /// <summary>Objects that could be used.</summary>
    public int Count { get; private set; }

    /// <summary>Documents that were not null.</summary>
    public int DocumentCount { get; private set; }

    /// <summary>Reads the file to its end. Bad syntax is an InvalidDataException, after what stood before it was
    /// read.</summary>
    public void ReadAll()
    {
        source.Read();
        while (source.Kind != TokenKind.End)
        {
            if (source.Kind != TokenKind.Null)
            {
                DocumentCount++;
                ReadObject(new Identity(), null);
            }

            source.Read();
        }
    }

    // A kind with its group and version, as far as they are known.
    private record struct Identity(string? ApiVersion, string? Kind)
    {
        public readonly bool IsComplete => ApiVersion is not null && Kind is not null;
    }

    // An item that has no kind, in a list whose kind comes behind its items.
    private readonly record struct Untyped(TokenTape Fields, SourceLine Place);

    private void ReadObject(Identity known, List<Untyped>? untyped)
    {
        cancellation.ThrowIfCancellationRequested();
        int outside = source.Kind is TokenKind.MapStart or TokenKind.ListStart ? source.Depth - 1 : source.Depth;
        SourceLine place = cursor.Place;
        ObjectDraft? draft = null;
        try
        {
            _tape.Clear();
            if (source.Kind != TokenKind.MapStart) throw cursor.Expected("a Kubernetes object (a map)", "this");

            draft = ReadFields(known, place, untyped);
            if (draft is not null) Keep(draft, place);
        }
        catch (ObjectDamageException damage)
        {
            cursor.Source = source;
            source.SkipTo(outside);
            snapshot.Report(
                Severity.Damage, new SourceLine(file, damage.Line), $"{damage.Message}: this object is left out");
        }
    }

    private ObjectDraft? ReadFields(Identity known, SourceLine place, List<Untyped>? untyped)
    {
        Identity identity = known;
        ObjectDraft? draft = null;
        List<Untyped> items = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "apiVersion") identity.ApiVersion = cursor.ReadName("apiVersion");
            else if (cursor.Key is "kind") identity.Kind = cursor.ReadName("kind");
            else if (IsItems(identity.Kind)) ReadItems(identity, items);
            else if (draft is not null) draft.ReadTopField(cursor);
            else if (IsList(identity.Kind)) cursor.Skip();
            else _tape.Record(cursor.Key, cursor.KeyLine, source);

            if (draft is null && identity.IsComplete && !IsList(identity.Kind)) draft = Start(identity, place);
        }

        if (draft is null && identity.Kind is not null && !IsList(
            identity.Kind)) draft = StartWithoutVersion(identity, place);
        if (draft is not null) return draft;
        if (items.Count > 0) ReadUntyped(ItemOf(identity), items);
        if (identity.Kind is not null || items.Count > 0) return null;

        if (untyped is null) throw new ObjectDamageException(place.Line, "no kind: not a Kubernetes object");

        untyped.Add(new Untyped(_tape, place));
        _tape = new TokenTape();
        return null;
    }

    private bool IsItems(string? kind) =>
        cursor.Key is "items" && source.Kind == TokenKind.ListStart && (kind is null || IsList(kind));

    private void ReadItems(Identity list, List<Untyped> untyped)
    {
        // A list inside a list uses the tape too: what this one kept before its items is the list's own metadata.
        while (cursor.NextItem()) ReadObject(ItemOf(list), list.Kind is null ? untyped : null);
        _tape.Clear();
    }

    private void ReadUntyped(Identity item, List<Untyped> items)
    {
        if (item.Kind is null) throw new ObjectDamageException(items[0].Place.Line, "no kind, in the item or its list");

        foreach (Untyped one in items)
        {
            _tape = one.Fields;
            try
            {
                Keep(Start(item, one.Place), one.Place);
            }
            catch (ObjectDamageException damage)
            {
                cursor.Source = source;
                snapshot.Report(
                    Severity.Damage, new SourceLine(file, damage.Line), $"{damage.Message}: this object is left out");
            }
        }
    }

    private ObjectDraft StartWithoutVersion(Identity identity, SourceLine place)
    {
        snapshot.Report(Severity.Warning, place,
            $"{identity.Kind} without apiVersion: taken as the one that Kubernetes itself has");
        return Start(identity, place);
    }

    private ObjectDraft Start(Identity identity, SourceLine place)
    {
        ObjectDraft draft = ObjectKinds.Start(identity.ApiVersion, identity.Kind!, place);
        if (_tape.IsEmpty) return draft;

        _tape.Rewind();
        cursor.Source = _tape;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys)) draft.ReadTopField(cursor);
        cursor.Source = source;
        _tape.Clear();
        return draft;
    }

    private void Keep(ObjectDraft draft, SourceLine place)
    {
        if (draft.Name.Length == 0 && draft is not UnmodelledDraft)
            throw new ObjectDamageException(place.Line, "metadata.name is missing");

        draft.AddTo(snapshot);
        Count++;
    }

    private static bool IsList(string? kind) =>
        kind is not null && kind.EndsWith(ListSuffix, StringComparison.Ordinal);

    private static Identity ItemOf(Identity list) =>
        list.Kind is null or ListSuffix ? default : list with { Kind = list.Kind[..^ListSuffix.Length] };
}
