using Dataplane.Core;
using Dataplane.Replay.Pacing;

namespace Dataplane.Replay.Bench;

/// <summary>One offered load, measured a round at a time.</summary>
internal sealed class LatencyPoint(int percent)
{
    private long _allocated = long.MaxValue;

    public int Percent => percent;

    public Samples Reached { get; } = new();

    /// <summary>One p99.9 for each round that counts.</summary>
    public Samples P999 { get; } = new();

    public DelayHistogram Latency { get; } = new();

    public DelayHistogram Errors { get; } = new();

    public int Collections { get; private set; }

    public long AllocatedBytes => _allocated == long.MaxValue ? 0 : _allocated;

    public void Keep(in MeasuredRun run, int collections)
    {
        Reached.Add(run.Packets * 1e9 / run.ElapsedNanoseconds);
        if (run.Latency.Summary is { } summary) P999.Add(summary.P999);
        Latency.Add(run.Latency);
        if (run.Errors is { } errors) Errors.Add(errors);
        Collections += collections;
        _allocated = Math.Min(_allocated, run.AllocatedBytes);
    }
}
