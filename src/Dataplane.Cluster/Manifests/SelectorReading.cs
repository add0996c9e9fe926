using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// metav1 LabelSelector. A key that it does not have spoils the object: dropped, it would leave
/// a selector that matches more.
/// </summary>
internal static class SelectorReading
{
    /// <summary>Null where it is absent; an empty one matches everything.</summary>
    public static LabelSelector? ReadSelector(this ManifestCursor cursor, string what)
    {
        if (!cursor.EnterMap(what)) return null;

        var selector = new LabelSelector();
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "matchLabels": selector = selector with { MatchLabels = cursor.ReadTextMap("matchLabels") }; break;
                case "matchExpressions":
                    selector =
                        selector with { MatchExpressions = cursor.ReadList("matchExpressions", ReadRequirement) };
                    break;
                default:
                    throw new ObjectDamageException(
                        cursor.KeyLine,
                        $"{what} has \"{ManifestCursor.Shorten(cursor.Key)}\", not matchLabels or matchExpressions");
            }
        }

        return selector;
    }

    private static LabelRequirement ReadRequirement(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("matchExpressions")) throw cursor.Expected("a map", "matchExpressions");

        string key = "";
        LabelOperator? operation = null;
        ImmutableArray<string> values = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "key": key = cursor.ReadText("matchExpressions[].key"); break;
                case "operator": operation = ReadOperator(cursor); break;
                case "values": values = cursor.ReadTexts("matchExpressions[].values"); break;
                default: cursor.SkipUnknown("matchExpressions[]"); break;
            }
        }

        if (key.Length == 0 || operation is null)
            throw new ObjectDamageException(line, "matchExpressions[] needs a key and an operator");

        bool wantsValues = operation is LabelOperator.In or LabelOperator.NotIn;
        if (wantsValues == values.IsEmpty)
            throw new ObjectDamageException(
                line, $"matchExpressions[] with {operation} {(wantsValues ? "needs" : "must not have")} values");

        return new LabelRequirement(key, operation.Value, values);
    }

    private static LabelOperator ReadOperator(ManifestCursor cursor) => cursor.Scalar("operator") switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        ReadOnlySpan<char> other => throw new ObjectDamageException(
            cursor.Line, $"operator is \"{ManifestCursor.Shorten(other)}\", not In, NotIn, Exists or DoesNotExist"),
    };
}
