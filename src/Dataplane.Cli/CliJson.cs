using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplane.Replay;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Generate;
using Dataplane.Replay.Tracing;

namespace Dataplane.Cli;

/// <summary>JSON of whole reports, by generated code: nothing is looked up at run time.</summary>
[JsonSerializable(typeof(ReplayReport))]
[JsonSerializable(typeof(CniComparison))]
[JsonSerializable(typeof(InspectReport))]
[JsonSerializable(typeof(TraceReport))]
[JsonSerializable(typeof(ScalingReport))]
[JsonSerializable(typeof(PipelineBenchReport))]
[JsonSerializable(typeof(LatencyBenchReport))]
[JsonSerializable(typeof(BenchComparison))]
[JsonSerializable(typeof(TrafficReport))]
public sealed partial class CliJson : JsonSerializerContext
{
    private static readonly CliJson Readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Write(ReplayReport report) => JsonSerializer.Serialize(report, Readable.ReplayReport);

    public static string Write(CniComparison comparison) =>
        JsonSerializer.Serialize(comparison, Readable.CniComparison);

    public static string Write(InspectReport report) => JsonSerializer.Serialize(report, Readable.InspectReport);

    public static string Write(TraceReport report) => JsonSerializer.Serialize(report, Readable.TraceReport);

    public static string Write(ScalingReport report) => JsonSerializer.Serialize(report, Readable.ScalingReport);

    public static string Write(PipelineBenchReport report) =>
        JsonSerializer.Serialize(report, Readable.PipelineBenchReport);

    public static string Write(LatencyBenchReport report) =>
        JsonSerializer.Serialize(report, Readable.LatencyBenchReport);

    public static string Write(BenchComparison comparison) =>
        JsonSerializer.Serialize(comparison, Readable.BenchComparison);

    public static string Write(TrafficReport report) => JsonSerializer.Serialize(report, Readable.TrafficReport);
}
