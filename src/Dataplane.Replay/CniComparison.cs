using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>One capture through several CNIs: what <c>replay --cni all</c> prints.</summary>
public sealed record CniComparison
{
    public int SchemaVersion { get; init; } = ReplayReport.CurrentSchemaVersion;

    public ImmutableArray<CniOutcome> Runs { get; init; } = [];

    /// <summary>
    /// Packets below which a run is repeated: the first pays for code that is compiled while it runs.
    /// </summary>
    private const long FewPackets = 100_000;

    /// <exception cref="InvalidDataException">An input cannot be read, or an option makes no sense with it.</exception>
    public static CniComparison Run(
        ReplayOptions options, IReadOnlyList<string> cnis, IReplayObserver observer, CancellationToken cancellation)
    {
        List<CniOutcome> runs = [];
        try
        {
            foreach (string cni in cnis)
            {
                if (cancellation.IsCancellationRequested) break;

                CniOutcome run = ReplayRunner.Measure(options with { Cni = cni }, observer, cancellation);
                bool isShort = run.Report.Packets < FewPackets && !cancellation.IsCancellationRequested;
                runs.Add(isShort ? ReplayRunner.Measure(options with { Cni = cni }, observer, cancellation) : run);
            }
        }
        catch (OperationCanceledException) when (runs.Count > 0)
        {
            // Cancelled between two runs: those that are done are told.
        }

        return new CniComparison { Runs = [.. runs] };
    }
}

/// <summary>What one CNI made of the capture.</summary>
/// <param name="Report">The run, as a replay alone reports it.</param>
/// <param name="WireFrames">Frames that left a node by its underlay interface.</param>
/// <param name="WireBytes">Their bytes, outer headers and all.</param>
/// <param name="Overhead">Bytes that the tunnel puts around a packet, without the outer link header;
/// 0 where there is none.</param>
/// <param name="Hops">TTL that a packet loses between pods of two nodes.</param>
/// <param name="OverMtu">Packets that were larger than what they had to leave by takes: dropped for it, or
/// sent on in fragments.</param>
public sealed record CniOutcome(
    ReplayReport Report, long WireFrames, long WireBytes, int Overhead, int Hops, long OverMtu)
{
    internal static CniOutcome Of(ReplayReport report, Emulation emulation, WireCount wire)
    {
        Topology topology = emulation.Topology;
        bool hasPeer = emulation.Model.Nodes.Length > 1;
        bool tunnels = hasPeer && topology.Tunnel is not null && topology.UsesTunnel(0, 1, v6: false);
        string tooLarge = DropReasonText.Name(DropReason.MtuExceeded);
        return new CniOutcome(
            report,
            wire.Frames,
            wire.Bytes,
            tunnels ? topology.Tunnel!.HeaderSize - EthernetHeader.Size : 0,
            hasPeer ? topology.HopsBetween(0, 1, v6: false) : 0,
            report.Drops.Where(drop => drop.Reason == tooLarge).Sum(drop => drop.Packets)
            + emulation.State.Counters.Fragmented);
    }
}
