namespace Dataplane.Replay.Diff;

/// <summary>Gives a capture's frames dissected, one after the other, in constant memory.</summary>
public interface IFrameReader : IDisposable
{
    /// <summary>Where the capture stops making sense; null while it does.</summary>
    string? Damage { get; }

    /// <summary>The next frame, or null at the end.</summary>
    DissectedFrame? Read();
}
