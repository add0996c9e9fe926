using System.Text.Json.Serialization;

namespace Dataplane.Replay.Skew;

/// <summary>One of several captures, and what was done about its clock before they were merged.</summary>
/// <param name="Capture">The path, as given.</param>
/// <param name="Clock">What the correction comes from.</param>
/// <param name="SkewNanoseconds">By how much its clock is ahead of the first capture's;
/// subtracted from its times.</param>
/// <param name="UncertaintyNanoseconds">How far that may be from the truth; null where nothing tells.</param>
/// <param name="CommonPackets">Packets that it shares with the capture that it was compared with.</param>
/// <param name="ComparedWith">That capture.</param>
public sealed record CaptureClock(
    string Capture, ClockSource Clock, long SkewNanoseconds = 0, long? UncertaintyNanoseconds = null,
    long CommonPackets = 0, string? ComparedWith = null);

/// <summary>Where a capture's clock correction comes from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClockSource>))]
public enum ClockSource
{
    /// <summary>The first capture: the others are compared with it.</summary>
    [JsonStringEnumMemberName("reference")]
    Reference,

    /// <summary>The packets that both have allow one clock: nothing was corrected.</summary>
    [JsonStringEnumMemberName("agrees")]
    Agrees,

    /// <summary>From packets of both directions.</summary>
    [JsonStringEnumMemberName("estimated")]
    Estimated,

    /// <summary>From packets of one direction: the time that they took is part of it.</summary>
    [JsonStringEnumMemberName("one-way")]
    OneWay,

    /// <summary>By <c>--skew</c>.</summary>
    [JsonStringEnumMemberName("given")]
    Given,

    /// <summary>No packet in common: taken as it is.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>Cannot be read twice: taken as it is.</summary>
    [JsonStringEnumMemberName("stream")]
    Stream,
}
