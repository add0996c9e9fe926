using System.Text.Json.Serialization;

namespace Dataplane.Replay.Bench;

/// <summary>By what two runs of <c>bench pipeline</c> or <c>bench latency</c> are told apart.</summary>
public abstract record BenchRun
{
    [JsonPropertyOrder(-9)]
    public required string Engine { get; init; }

    [JsonPropertyOrder(-8)]
    public required int Services { get; init; }

    /// <summary>Of each Service.</summary>
    [JsonPropertyOrder(-7)]
    public required int Endpoints { get; init; }

    [JsonPropertyOrder(-6)]
    public required int Policies { get; init; }

    /// <summary>Connections and flows of datagrams that stand.</summary>
    [JsonPropertyOrder(-5)]
    public required int Flows { get; init; }

    /// <summary><c>uniform</c> or <c>zipf</c>.</summary>
    [JsonPropertyOrder(-4)]
    public required string Distribution { get; init; }

    /// <summary>As <c>--frame-size</c> takes it.</summary>
    [JsonPropertyOrder(-3)]
    public required string FrameSize { get; init; }

    [JsonPropertyOrder(-2)]
    public required string Cni { get; init; }

    [JsonPropertyOrder(-1)]
    public required int Workers { get; init; }
}
