using Dataplane.Replay;

namespace Dataplane.Tests.Replay.Workers;

/// <summary>Watches no run.</summary>
internal sealed class Nobody : IReplayObserver
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
