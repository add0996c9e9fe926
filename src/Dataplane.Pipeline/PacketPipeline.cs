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
    // The caller's loop is compiled while it runs: what is inlined there is compiled for that frame, and worse.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Process<TEngine, TSink>(
        PacketBurst burst, ReadOnlySpan<CaptureRecord> records, PipelineState state, in TEngine engine, ref TSink sink)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
    {
        burst.Clear();
        state.Connections.Recycle();
        int taken = ParseStage.Run(burst, records, state);
        AdmitStage.Run(burst, state, in engine);
        for (int round = 0; round < MaxRounds; round++)
        {
            DecapStage.Run(burst, state, ref sink);
            TrackStage.Run(burst, state);
            SelectStage.Run(burst, state, in engine);
            TranslateDestinationStage.Run(burst, state);
            RouteStage.Run(burst, state);
            TranslateSourceStage.Run(burst, state);
            EncapStage.Run(burst, state, ref sink);
            TransmitStage.Run(burst, state, ref sink);
            if (!burst.TryBeginRound()) break;
        }

        burst.EndRounds();
        state.Counters.Add(burst);
        sink.EndBurst(burst);
        return taken;
    }
}
