using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>JSON of the parts of a long list, one line each.</summary>
[JsonSerializable(typeof(FieldDifference))]
[JsonSerializable(typeof(FrameFault))]
[JsonSerializable(typeof(ImmutableArray<long>))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ImmutableArray<FieldCount>))]
[JsonSerializable(typeof(ImmutableArray<IgnoredField>))]
public sealed partial class LineJson : JsonSerializerContext
{
    public static readonly LineJson Readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
