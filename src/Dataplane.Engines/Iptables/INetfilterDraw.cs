using Dataplane.Core;

namespace Dataplane.Engines.Iptables;

/// <summary>
/// Where <c>statistic --mode random</c> gets its decisions from: a seed, or a kernel that was watched.
/// </summary>
public interface INetfilterDraw
{
    /// <summary>Whether the rule's chance of <paramref name="probability"/> in 2³¹ comes out.</summary>
    bool Decide(int rule, uint probability);
}

/// <summary>Decisions as <c>xt_statistic</c> makes them, from a stream of random numbers.</summary>
public struct RandomDraw(Draw draw) : INetfilterDraw
{
    private Draw _draw = draw;

    /// <summary>The stream behind what has been drawn.</summary>
    public readonly Draw Rest => _draw;

    public bool Decide(int rule, uint probability) => (_draw.Next() & int.MaxValue) < probability;
}
