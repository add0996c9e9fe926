namespace Dataplane.Replay.Workers;

/// <summary>Where a crew's time went, of some bursts: its four places, and waiting in front of them.</summary>
internal struct CrewTimes
{
    /// <summary>One burst in so many is timed: a clock costs what some packets do.</summary>
    public const int Every = 16;

    public long Parse;
    public long Decide;
    public long Write;
    public long Emit;
    public long Waited;

    public readonly long Work => Parse + Decide + Write + Emit;

    public void Add(in CrewTimes other)
    {
        Parse += other.Parse;
        Decide += other.Decide;
        Write += other.Write;
        Emit += other.Emit;
        Waited += other.Waited;
    }

    public readonly WorkerShares? Shares()
    {
        if (Work == 0) return null;

        double all = Work;
        return new WorkerShares(Parse / all, Decide / all, Write / all, Emit / all, Waited / (all + Waited));
    }
}

/// <summary>
/// What of the workers' work each place took, 0 to 1: parsing, deciding and emitting go in capture order, one burst at
/// a time at each place, and only writing beside others. <paramref name="Waiting"/> is of all their time.
/// </summary>
public sealed record WorkerShares(double Parse, double Decide, double Write, double Emit, double Waiting)
{
    /// <summary>
    /// The largest place where bursts go one by one: no number of workers is faster than its inverse.
    /// </summary>
    public double Serial => Math.Max(Parse, Math.Max(Decide, Emit));
}
