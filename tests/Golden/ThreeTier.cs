using System.Text.Json;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The application capture of <c>50-three-tier</c>: what pods sent, what pods received, and which became which.
/// </summary>
public sealed record ThreeTier
{
    private const string Folder = "50-three-tier/";
    private static readonly Lazy<ThreeTier> Loaded = new(Read);

    /// <summary>namespace/name; rows of the map give positions in this list.</summary>
    public required IReadOnlyList<string> Pods { get; init; }

    public required IReadOnlyList<FrameMapRow> Map { get; init; }

    public required IReadOnlyList<CapturedFrame> Sent { get; init; }

    public required IReadOnlyList<CapturedFrame> Delivered { get; init; }

    public required IReadOnlyList<ThreeTierFlow> Flows { get; init; }

    /// <summary>The capture of sent frames as users get it, gzipped.</summary>
    public static string CapturePath => GoldenFolder.PathOf(Folder + "three-tier-app.pcap");

    public static string ManifestsPath => GoldenFolder.PathOf(Folder + "manifests.yaml");

    /// <summary>Read once; nobody changes it.</summary>
    public static ThreeTier Load() => Loaded.Value;

    private static ThreeTier Read()
    {
        using JsonDocument map = JsonDocument.Parse(GoldenFolder.Read(Folder + "frame-map.json"));
        using JsonDocument flows = JsonDocument.Parse(GoldenFolder.Read(Folder + "flows.json"));
        return new ThreeTier
        {
            Pods = [.. map.RootElement.GetProperty("pods").EnumerateArray().Select(pod => pod.GetString()!)],
            Map = [.. map.RootElement.GetProperty("rows").EnumerateArray().Select(Row)],
            Sent = PcapFile.Golden(Folder + "three-tier-app.pcap").Frames,
            Delivered = PcapFile.Golden(Folder + "three-tier-delivered.pcap").Frames,
            Flows = [.. flows.RootElement.EnumerateArray().Select(Flow)],
        };
    }

    private static FrameMapRow Row(JsonElement row) =>
        new(row[0].GetInt32(), row[1].GetInt32(), NumberOrNull(row[2]), NumberOrNull(row[3]));

    private static int? NumberOrNull(JsonElement number) =>
        number.ValueKind == JsonValueKind.Null ? null : number.GetInt32();

    private static ThreeTierFlow Flow(JsonElement flow) => new(
        flow.GetProperty("proto").GetByte(),
        flow.GetProperty("src").GetString()!,
        flow.GetProperty("dst").GetString()!,
        flow.GetProperty("pod").GetString()!,
        flow.GetProperty("frames").GetInt32(),
        flow.GetProperty("delivered_to_pods").GetInt32(),
        flow.GetProperty("as").GetString(),
        flow.TryGetProperty("to", out JsonElement to) ? to.GetString() : null);
}

/// <summary>
/// A sent frame and what it became; null where no pod received it (dropped, rejected, answered, sent outside).
/// </summary>
public sealed record FrameMapRow(int Sent, int SendingPod, int? Delivered, int? ReceivingPod);

/// <summary>
/// A 5-tuple as it was sent; <c>Translated</c> is how it arrived (<c>a:p > b:q</c>), null where nothing did.
/// <c>To</c> is the pod that it went to, null where it was no pod.
/// </summary>
public sealed record ThreeTierFlow(
    byte Protocol,
    string Source,
    string Destination,
    string Pod,
    int Frames,
    int DeliveredToPods,
    string? Translated,
    string? To);
