using System.Text.Json;

namespace Dataplane.Cluster.Cni;

/// <summary>JSON as Go's encoding/json reads it: field names without regard to case.</summary>
internal static class GoJson
{
    /// <summary>An object; false for anything else. <c>null</c> is what host-gw writes for no data.</summary>
    public static bool TryParse(string text, out JsonElement value)
    {
        value = default;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            value = document.RootElement.Clone();
            return value.ValueKind is JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static JsonElement? Field(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        }

        return null;
    }

    public static string? Text(JsonElement value, string name) =>
        Field(value, name) is { ValueKind: JsonValueKind.String } field ? field.GetString() : null;

    public static bool? Flag(JsonElement value, string name) => Field(value, name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>A number up to <paramref name="max"/>; null where it is absent or none.</summary>
    public static uint? Number(JsonElement value, string name, uint max) =>
        Field(value, name) is { ValueKind: JsonValueKind.Number } field && field.TryGetUInt32(out uint number)
            && number <= max
            ? number
            : null;
}
