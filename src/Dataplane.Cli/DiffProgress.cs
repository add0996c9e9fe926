using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>Tells a comparison's progress, and hands everything on.</summary>
public sealed class DiffProgress(IDiffWatch next, RunProgress progress) : IDiffWatch
{
    public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences) =>
        next.Different(ours, reference, differences);

    public void OnlyOurs(DissectedFrame frame) => next.OnlyOurs(frame);

    public void OnlyReference(DissectedFrame frame) => next.OnlyReference(frame);

    public void Read(long frames) => progress.Progress(frames, bytesRead: 0);
}
