using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dataplane.Replay.Generate;

/// <summary>
/// Writes Kubernetes objects one after the other: documents of YAML, or one JSON List. Only one is held.
/// </summary>
public sealed class ManifestSink : IDisposable
{
    private const int BufferSize = 1 << 16;

    private static readonly JsonSerializerOptions Plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>YAML 1.1 takes these for booleans and nothing.</summary>
    private static readonly HashSet<string> Words =
        new(["true", "false", "yes", "no", "on", "off", "null", "y", "n"], StringComparer.OrdinalIgnoreCase);

    private readonly StreamWriter _output;
    private readonly bool _json;
    private long _objects;

    /// <summary>Owns the stream from here, unless it shall stay open.</summary>
    public ManifestSink(Stream stream, bool json, bool leaveOpen = false)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _output = new StreamWriter(stream, utf8, BufferSize, leaveOpen) { NewLine = "\n" };
        _json = json;
        if (json) _output.Write("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    }

    public void Write(JsonObject item)
    {
        if (_json)
        {
            _output.Write(_objects == 0 ? "\n" : ",\n");
            _output.Write(item.ToJsonString(Plain));
        }
        else
        {
            if (_objects > 0) _output.Write("---\n");
            WriteMap(item, indent: 0, first: false);
        }

        _objects++;
    }

    public void Dispose()
    {
        if (_json) _output.Write("\n]}\n");
        _output.Dispose();
    }

    private void WriteMap(JsonObject map, int indent, bool first)
    {
        foreach ((string key, JsonNode? value) in map)
        {
            if (!first) Indent(indent);
            first = false;
            _output.Write(Scalar(key));
            _output.Write(':');
            WriteValue(value, indent);
        }
    }

    private void WriteValue(JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                _output.Write('\n');
                WriteMap(map, indent + 2, first: false);
                break;
            case JsonArray { Count: > 0 } list:
                _output.Write('\n');
                WriteList(list, indent);
                break;
            case JsonObject:
                _output.Write(" {}\n");
                break;
            case JsonArray:
                _output.Write(" []\n");
                break;
            default:
                _output.Write(' ');
                _output.WriteLine(Text(value!));
                break;
        }
    }

    private void WriteList(JsonArray list, int indent)
    {
        foreach (JsonNode? item in list)
        {
            Indent(indent);
            _output.Write("- ");
            if (item is JsonObject { Count: > 0 } map) WriteMap(map, indent + 2, first: true);
            else if (item is JsonObject) _output.WriteLine("{}");
            else _output.WriteLine(Text(item!));
        }
    }

    private void Indent(int columns)
    {
        for (int i = 0; i < columns; i++) _output.Write(' ');
    }

    private static string Text(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.String ? Scalar(value.GetValue<string>()) : value.ToJsonString();

    /// <summary>Quoted where YAML could take it for something else.</summary>
    private static string Scalar(string text)
    {
        bool plain = text.Length > 0
            && char.IsAsciiLetter(text[0])
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '/' or '_')
            && !Words.Contains(text);
        return plain ? text : JsonValue.Create(text).ToJsonString(Plain);
    }
}
