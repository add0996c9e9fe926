using Dataplane.Capture;
using Dataplane.Replay.Policies;

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
            var policies = PolicyTeller.Of(emulation);
            DropLog? drops = options.DropsPath is null ? null : new DropLog(options.DropsPath, emulation, policies);
            return new FrameCollector(emulation, observation, writer, drops, policies, options);
        }
        catch
        {
            writer?.Dispose();
            throw;
        }
    }
}
