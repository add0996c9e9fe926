using System.Globalization;
using Dataplane.Replay.Generate;

namespace Dataplane.Replay.Bench;

/// <summary>What the packets of a measurement are like.</summary>
/// <param name="FrameSize">Bytes as testers count them (64 is 60 in a capture), or
/// <see cref="TrafficOptions.Imix"/>.</param>
/// <param name="Flows">Connections and flows of datagrams that stand.</param>
/// <param name="Distribution">How they take turns.</param>
public readonly record struct TraceShape(int FrameSize, int Flows, FlowDistribution Distribution)
{
    /// <summary>1500 is said of packets, and means frames of 1518.</summary>
    private const int LargePacket = 1500;
    private const int LargeFrame = LargePacket + TrafficOptions.FrameOverhead;

    /// <summary>As <c>--frame-size</c> takes it.</summary>
    public string FrameSizeName => FrameSize switch
    {
        TrafficOptions.Imix => "imix",
        LargeFrame => LargePacket.ToString(CultureInfo.InvariantCulture),
        _ => FrameSize.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>As <c>--distribution</c> takes it.</summary>
    public string DistributionName => Distribution == FlowDistribution.Zipf ? "zipf" : "uniform";
}
