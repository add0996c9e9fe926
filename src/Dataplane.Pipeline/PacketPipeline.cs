using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>A packet's way, top to bottom.</summary>
public static class PacketPipeline
{
    /// <summary>
    /// Rounds at most: a packet crosses two nodes, its answer two more; what still moves then goes in a circle.
    /// </summary>
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
        PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state, in TEngine engine, ref TSink sink,
        ref TWatch watch)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
        where TWatch : struct, IStageWatch
    {
        int taken = Take(burst, records, state);
        ParseStage.Name(burst, state);
        watch.After(Stage.Parse, burst);
        GoAhead<TEngine, TWatch>(burst, state);
        if (!TWatch.SeesEveryStage) watch.After(Stage.Steady, burst);
        GoOn(burst, state, in engine, ref sink, ref watch);
        Emit(burst, state, ref sink);
        return taken;
    }

    /// <summary>
    /// The first part: what is each packet's own. May be done beside any other part of an earlier burst.
    /// </summary>
    public static int Take(PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state)
    {
        burst.Clear();
        return ParseStage.Run(burst, records, state);
    }

    /// <summary>
    /// The second part: packets of connections that stand need no more than what their connection knows. In
    /// capture order, but beside <see cref="EncapStage"/>, <see cref="TransmitStage"/> and <see cref="Emit"/>
    /// of bursts that are all steady.
    /// </summary>
    public static void GoAhead<TEngine, TWatch>(PacketBurst burst, PipelineState state)
        where TEngine : struct, IServiceEngine
        where TWatch : struct, IStageWatch
    {
        state.Connections.Recycle();
        burst.IsSteady = !TEngine.FollowsConnections && !TWatch.SeesEveryStage && SteadyStage.GoAhead(burst, state);
    }

    /// <summary>
    /// The third part: everything that packets decide and change, until none of the burst moves any more.
    /// </summary>
    public static void GoOn<TEngine, TSink, TWatch>(
        PacketBurst burst, PipelineState state, in TEngine engine, ref TSink sink, ref TWatch watch)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
        where TWatch : struct, IStageWatch
    {
        bool isSteady = burst.IsSteady;
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
    }

    /// <summary>The last part: what is counted and told of the burst, in capture order.</summary>
    public static void Emit<TSink>(PacketBurst burst, PipelineState state, ref TSink sink)
        where TSink : struct, IFrameSink
    {
        state.Counters.Add(burst);
        sink.EndBurst(burst);
    }
}
