namespace Dataplane.Replay;

/// <summary>
/// Who watches a replay while it runs. Called between bursts, from any of the run's threads, by one at a time; calls
/// must return quickly.
/// </summary>
public interface IReplayObserver
{
    /// <summary>
    /// Manifests are read, tables compiled, captures open: what the run writes is opened next, and it closes that when
    /// it is cancelled.
    /// </summary>
    void Prepared()
    {
    }

    /// <summary>
    /// The tables are compiled and the first record is about to be read; -1 where a total is not known.
    /// </summary>
    void Started(long totalBytes, long totalRecordsOrMinusOne);

    /// <summary>Totals since the start.</summary>
    void Progress(long packets, long bytesRead);

    /// <summary>One line for the user, at once.</summary>
    void Warn(string line);
}
