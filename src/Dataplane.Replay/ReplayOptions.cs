using System.Collections.Immutable;
using Dataplane.Replay.Pacing;
using Dataplane.Replay.Skew;

namespace Dataplane.Replay;

/// <summary>What <c>dataplane replay</c> was asked to do; names and meaning are the command line's.</summary>
public sealed record ReplayOptions
{
    public ImmutableArray<string> Manifests { get; init; } = [];

    public ImmutableArray<string> Captures { get; init; } = [];

    /// <summary>The clocks of several captures.</summary>
    public SkewOptions Skew { get; init; } = SkewOptions.Auto;

    /// <summary>Null: frames are made in memory and let go.</summary>
    public string? Output { get; init; }

    /// <summary>Observation points to write: <c>wire pod pod:NS/NAME tunnel drops all</c>; empty means wire.</summary>
    public ImmutableArray<string> At { get; init; } = [];

    /// <summary>Null: recognised from the manifests.</summary>
    public string? Cni { get; init; }

    /// <summary>Null: the CNI's own, or iptables where rules are given.</summary>
    public string? Proxy { get; init; }

    /// <summary>Dumps in the place of generated rules: a node's name (null: every node's) and a file.</summary>
    public ImmutableArray<(string? Node, string Path)> Rules { get; init; } = [];

    /// <summary>
    /// What <c>ip route</c> or BIRD print at a node, in the place of computed routes: its name and a file.
    /// </summary>
    public ImmutableArray<(string Node, string Path)> Routes { get; init; } = [];

    /// <summary>
    /// Where traffic from outside to a Service's outer address arrives; null: at any node that takes it.
    /// </summary>
    public string? Entry { get; init; }

    /// <summary>Emulate this node alone.</summary>
    public string? Node { get; init; }

    /// <summary>KEY=VALUE, as given.</summary>
    public ImmutableArray<string> Settings { get; init; } = [];

    /// <summary>TCP super-frames stay whole; otherwise they are segmented as a network card would.</summary>
    public bool KeepSuperFrames { get; init; }

    public int Loops { get; init; } = 1;

    public Pace Pace { get; init; }

    public bool Preload { get; init; }

    /// <summary>Stop after so many records; 0: all of them.</summary>
    public long Count { get; init; }

    /// <summary>Comment every packet, not only those that were not simply forwarded.</summary>
    public bool CommentAll { get; init; }

    /// <summary>Write epb_verdict options.</summary>
    public bool EpbVerdict { get; init; }

    /// <summary>JSON lines, one for each dropped packet; null: none.</summary>
    public string? DropsPath { get; init; }

    /// <summary>
    /// Percentiles of latency as HdrHistogram writes them, or its log where the name ends in <c>.hlog</c>; null: none.
    /// </summary>
    public string? HistogramPath { get; init; }

    /// <summary>Measure what each stage takes.</summary>
    public bool StageTimes { get; init; }

    /// <summary>Threads that work on packets; output and counts do not depend on it.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>As many as there are processors, where the run can have several.</summary>
    public const int AnyWorkers = 0;

    public const int MostWorkers = 64;
}
