using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Cluster.Model;

namespace Dataplane.Cli.Policies;

/// <summary>OASIS SARIF 2.1.0, static analysis results as code hosts show them: one run, rules and results.</summary>
public static class SarifWriter
{
    private const string Schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    private const string Version = "2.1.0";

    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(IReadOnlyList<CheckRule> rules, IEnumerable<CheckResult> results)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("$schema", Schema);
            json.WriteString("version", Version);
            json.WriteStartArray("runs");
            json.WriteStartObject();
            WriteTool(json, rules);
            json.WriteString("columnKind", "utf16CodeUnits");
            json.WriteStartArray("results");
            Dictionary<string, int> numbers = rules.Select((rule, index) => (rule.Id, index)).ToDictionary();
            foreach (CheckResult result in results) WriteResult(json, result, numbers[result.Rule]);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteTool(Utf8JsonWriter json, IReadOnlyList<CheckRule> rules)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "dataplane");
        string? version = typeof(SarifWriter).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        if (version is not null) json.WriteString("version", version);
        json.WriteStartArray("rules");
        foreach (CheckRule rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("id", rule.Id);
            WriteMessage(json, "shortDescription", rule.Summary);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, CheckResult result, int rule)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", result.Rule);
        json.WriteNumber("ruleIndex", rule);
        json.WriteString("level", CheckResult.LevelOf(result.Severity));
        WriteMessage(json, "message", result.Sentence);
        if (result.Source is { } source)
        {
            json.WriteStartArray("locations");
            WriteLocation(json, source);
            json.WriteEndArray();
        }

        if (!result.Related.IsEmpty)
        {
            json.WriteStartArray("relatedLocations");
            foreach (SourceLine related in result.Related) WriteLocation(json, related);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private static void WriteLocation(Utf8JsonWriter json, SourceLine source)
    {
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", UriOf(source.File));
        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", Math.Max(1, source.Line));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A relative path stays one: code hosts look it up in the repository.</summary>
    private static string UriOf(string path) => Path.IsPathRooted(path)
        ? new Uri(path).AbsoluteUri
        : string.Join('/', path.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));
}
