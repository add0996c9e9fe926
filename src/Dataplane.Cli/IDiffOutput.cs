using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>Prints differences as they are found, and the sums at the end.</summary>
public interface IDiffOutput : IDiffWatch
{
    void End(DiffSummary summary);

    void Fault(FrameFault fault);

    void End(DissectSummary summary);
}
