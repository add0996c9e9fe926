using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>A packet's way, top to bottom.</summary>
public static class PacketPipeline
{
    /// <summary>Rounds at most: a packet crosses two nodes, its answer two more; what still moves then goes in a circle.</summary>
    private const int MaxRounds = 16;

    /// <summary>Takes records from the front of the span through the cluster; gives how many it took.</summary>
    public static int Process<TEngine, TSink>(
        PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state, in TEngine engine, ref TSink sink)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
    {
        var watch = default(NoWatch);
        return Process(burst, records, state, in engine, ref sink, ref watch);
    }

    /// <summary>The same, with somebody who looks at the burst behind each stage.</summary>
    // The caller's loop is compiled while it runs: what is inlined there is compiled for that frame, and worse.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Process<TEngine, TSink, TWatch>(
        PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state, in TEngine engine, ref TSink sink, ref TWatch watch)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
        where TWatch : struct, IStageWatch
    {
        burst.Clear();
        state.Connections.Recycle();
        int taken = ParseStage.Run(burst, records, state);
        watch.After(Stage.Parse, burst);
        bool isSteady = !TEngine.FollowsConnections && !TWatch.SeesEveryStage && SteadyStage.GoAhead(burst, state);
        if (!TWatch.SeesEveryStage) watch.After(Stage.Steady, burst);
        if (!isSteady)
        {
            AdmitStage.Run(burst, state, in engine);
            watch.After(Stage.Admit, burst);
        }

        for (int round = 0; round < MaxRounds; round++)
        {
            if (!isSteady)
            {
                DecapStage.Run(burst, state, ref sink);
                watch.After(Stage.Decap, burst);
                TrackStage.Run(burst, state);
                watch.After(Stage.Track, burst);
                SelectStage.Run(burst, state, in engine);
                watch.After(Stage.Select, burst);
                isSteady = !TWatch.SeesEveryStage && SteadyStage.Run(burst, state);
                if (!TWatch.SeesEveryStage) watch.After(Stage.Steady, burst);
            }

            if (!isSteady)
            {
                TranslateDestinationStage.Run(burst, state);
                watch.After(Stage.TranslateDestination, burst);
                RouteStage.Run(burst, state);
                watch.After(Stage.Route, burst);
                PoliceStage.Run(burst, state);
                watch.After(Stage.Police, burst);
                TranslateSourceStage.Run(burst, state);
                watch.After(Stage.TranslateSource, burst);
            }

            EncapStage.Run(burst, state, ref sink);
            watch.After(Stage.Encap, burst);
            TransmitStage.Run(burst, state, ref sink);
            watch.After(Stage.Transmit, burst);
            if (!burst.TryBeginRound()) break;
            isSteady = false;
        }

        burst.EndRounds();
        state.Counters.Add(burst);
        sink.EndBurst(burst);
        return taken;
    }
}
