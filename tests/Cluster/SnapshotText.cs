using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Dataplane.Cluster.Model;

namespace Dataplane.Tests.Cluster;

/// <summary>A snapshot as text without files and lines, so that two of them can be compared.</summary>
internal static class SnapshotText
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null: text.AppendLine("null"); break;
            case string or bool or Enum: text.AppendLine(value.ToString()); break;
            case IFormattable number when value.GetType().IsPrimitive:
                text.AppendLine(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            case IDictionary<string, string> map:
                WriteAll(text, map.OrderBy(pair => pair.Key, StringComparer.Ordinal), depth);
                break;
            case IEnumerable list: WriteAll(text, list, depth); break;
            case var wire when wire.GetType().Namespace == "Dataplane.Wire": text.AppendLine(wire.ToString()); break;
            default: WriteProperties(text, value, depth); break;
        }
    }

    private static void WriteAll(StringBuilder text, IEnumerable list, int depth)
    {
        text.AppendLine("[");
        foreach (object? item in list) Write(text.Append(' ', depth + 1), item, depth + 1);
        text.Append(' ', depth).AppendLine("]");
    }

    private static void WriteProperties(StringBuilder text, object value, int depth)
    {
        text.AppendLine(value.GetType().Name);
        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            bool isPlace = property.PropertyType == typeof(SourceLine) || property.PropertyType == typeof(SourceLine?);
            if (isPlace || property.GetIndexParameters().Length > 0) continue;

            Write(text.Append(' ', depth + 1).Append(property.Name).Append(": "), property.GetValue(value), depth + 1);
        }
    }
}
