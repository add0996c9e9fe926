namespace Dataplane.Replay.Diff;

/// <summary>
/// Is told of differences while two captures are compared. Frames and lists are good until the call returns.
/// </summary>
public interface IDiffWatch
{
    void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences);

    void OnlyOurs(DissectedFrame frame);

    void OnlyReference(DissectedFrame frame);

    /// <summary>So many frames of both captures have been read.</summary>
    void Read(long frames);
}
