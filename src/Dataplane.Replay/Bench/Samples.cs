using System.Collections.Immutable;

namespace Dataplane.Replay.Bench;

/// <summary>One figure for each round that counts, most often nanoseconds a packet.</summary>
internal sealed class Samples
{
    private readonly List<double> _sorted = [];

    public double LowerQuartile => At(0.25);

    public double Least => At(0);

    public double Most => At(1);

    public double Median => At(0.5);

    /// <summary>Between the quartiles, as a share of the median.</summary>
    public double Spread => _sorted.Count == 0 ? 0 : (At(0.75) - LowerQuartile) / Median;

    /// <summary>Ascending.</summary>
    public ImmutableArray<double> All => [.. _sorted];

    public void Add(double figure)
    {
        int place = _sorted.BinarySearch(figure);
        _sorted.Insert(place < 0 ? ~place : place, figure);
    }

    private double At(double share)
    {
        if (_sorted.Count == 0) return 0;

        double place = share * (_sorted.Count - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, _sorted.Count - 1);
        return _sorted[below] + ((place - below) * (_sorted[above] - _sorted[below]));
    }
}
