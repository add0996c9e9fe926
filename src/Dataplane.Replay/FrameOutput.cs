using Dataplane.Capture;

namespace Dataplane.Replay;

/// <summary>Opens what a run writes.</summary>
internal static class FrameOutput
{
    /// <summary>Null where nothing is written.</summary>
    public static FrameCollector? Open(Emulation emulation, ReplayOptions options)
    {
        Observation observation = Observation.Parse(options.At, emulation.Model, emulation.Topology);
        if (options.Output is null && options.DropsPath is null) return null;

        CaptureWriter? writer = null;
        try
        {
            writer = options.Output is null ? null : CaptureWriter.Create(options.Output);
            DropLog? drops = options.DropsPath is null ? null : new DropLog(options.DropsPath, emulation.Model, emulation.Topology.Names);
            return new FrameCollector(emulation.Model, emulation.Topology, observation, writer, drops, options);
        }
        catch
        {
            writer?.Dispose();
            throw;
        }
    }
}
