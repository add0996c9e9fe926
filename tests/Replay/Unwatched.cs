using Dataplane.Replay;

namespace Dataplane.Tests.Replay;

/// <summary>Nobody looks at the run.</summary>
internal sealed class Unwatched : IReplayObserver
{
    public void Started(long totalBytes, long totalRecordsOrMinusOne)
    {
    }

    public void Progress(long packets, long bytesRead)
    {
    }

    public void Warn(string line)
    {
    }
}
