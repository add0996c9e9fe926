using System.Diagnostics;
using System.Globalization;
using Dataplane.Replay;

namespace Dataplane.Cli;

/// <summary>
/// Shows a run's progress on stderr: a bar after a second on a terminal, otherwise a line every ten seconds.
/// </summary>
public sealed class RunProgress : IReplayObserver, IDisposable
{
    private static readonly TimeSpan BeforeBar = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly TextWriter _error;
    private readonly Interruption? _interruption;
    private readonly Lock _writing = new();
    private readonly Stopwatch _clock = new();
    private readonly ManualResetEventSlim _ended = new();
    private Thread? _shower;
    private long _totalBytes = -1;
    private long _totalRecords = -1;
    private long _packets;
    private long _bytes;

    /// <param name="error">Where it is shown.</param>
    /// <param name="interruption">Asks the run to end as soon as there is something to be closed.</param>
    public RunProgress(TextWriter error, Interruption? interruption = null)
    {
        _error = error;
        _interruption = interruption;
    }

    public void Prepared() => _interruption?.Ask();

    public void Started(long totalBytes, long totalRecordsOrMinusOne)
    {
        _totalBytes = totalBytes;
        _totalRecords = totalRecordsOrMinusOne;
        _clock.Restart();
        bool terminal = !Console.IsErrorRedirected
            && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
        _shower ??= new Thread(terminal ? ShowBar : ShowLines) { IsBackground = true, Name = "progress" };
        if (!_shower.IsAlive) _shower.Start();
    }

    public void Progress(long packets, long bytesRead)
    {
        Volatile.Write(ref _packets, packets);
        Volatile.Write(ref _bytes, bytesRead);
    }

    public void Warn(string line)
    {
        lock (_writing) _error.WriteLine($"dataplane: warning: {line}");
    }

    public void Dispose()
    {
        _ended.Set();
        _shower?.Join();
        _ended.Dispose();
    }

    /// <summary>Done and all; bytes where no record count is known. All is -1 where neither is.</summary>
    private (long Done, long All) Share() => _totalRecords > 0
        ? (Volatile.Read(ref _packets), _totalRecords)
        : (Volatile.Read(ref _bytes), _totalBytes > 0 ? _totalBytes : -1);

    private void ShowBar()
    {
        if (_ended.Wait(BeforeBar)) return;

        ProgressBar.Show(_ended, Share, Rate);
    }

    private void ShowLines()
    {
        while (!_ended.Wait(BetweenLines))
        {
            (long done, long all) = Share();
            string share = all > 0
                ? string.Create(CultureInfo.InvariantCulture, $" ({100.0 * done / all:F0} %, {Remaining(done, all)})")
                : "";
            lock (_writing)
                _error.WriteLine($"dataplane: {Quantity.Count(Volatile.Read(ref _packets))} packets{share}, {Rate()}");
        }
    }

    private string Rate() => Quantity.Scaled(
        _clock.Elapsed.TotalSeconds > 0 ? Volatile.Read(ref _packets) / _clock.Elapsed.TotalSeconds : 0, "packets/s");

    private string Remaining(long done, long all) => done == 0
        ? "just begun"
        : string.Create(
            CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds * (all - done) / done:F0} s to go");
}
