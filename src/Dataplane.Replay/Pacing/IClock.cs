namespace Dataplane.Replay.Pacing;

/// <summary>Time that passes, in nanoseconds. A struct argument: reading it is no virtual call.</summary>
internal interface IClock
{
    /// <summary>Never goes backwards; its zero means nothing.</summary>
    long Now { get; }

    /// <summary>Leaves the core to others for about so long; may end early, and most often ends late.</summary>
    void Sleep(long nanoseconds);

    /// <summary>Passes a moment on the core.</summary>
    void Spin();
}
