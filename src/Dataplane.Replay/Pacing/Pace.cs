namespace Dataplane.Replay.Pacing;

/// <summary>How fast records are sent, in tcpreplay's terms: <c>-t</c>, <c>-x</c>, <c>-p</c>, <c>-M</c>.</summary>
/// <param name="Kind">What the rate counts.</param>
/// <param name="Rate">Above 0; of no meaning at top speed.</param>
public readonly record struct Pace(PaceKind Kind, double Rate)
{
    public static Pace TopSpeed => default;
}

public enum PaceKind : byte
{
    TopSpeed,

    /// <summary>So many times as fast as captured.</summary>
    Multiplier,

    PacketsPerSecond,

    /// <summary>Of frames by their original lengths, a megabit being 1,000,000 bits.</summary>
    MegabitsPerSecond,
}
