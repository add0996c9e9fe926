namespace Dataplane.Replay;

/// <summary>Runs a capture through an emulated cluster.</summary>
public static class ReplayRunner
{
    public static ReplayReport Run(ReplayOptions options, IReplayObserver observer, CancellationToken cancellation) =>
        throw new NotSupportedException("replay is not part of this build");
}
