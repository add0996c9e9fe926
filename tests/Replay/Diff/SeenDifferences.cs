using Dataplane.Replay.Diff;

namespace Dataplane.Tests.Replay.Diff;

/// <summary>Keeps what a comparison tells.</summary>
internal sealed class SeenDifferences : IDiffWatch
{
    public List<FieldDifference> Fields { get; } = [];

    public List<long> OnlyInOurs { get; } = [];

    public List<long> OnlyInReference { get; } = [];

    public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences) =>
        Fields.AddRange(differences);

    public void OnlyOurs(DissectedFrame frame) => OnlyInOurs.Add(frame.Number);

    public void OnlyReference(DissectedFrame frame) => OnlyInReference.Add(frame.Number);

    public void Read(long frames)
    {
    }
}
