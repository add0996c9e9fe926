using System.Runtime.ExceptionServices;

namespace Dataplane.Capture;

/// <summary>
/// A thread that writes to a stream while its owner fills the next buffer: a new page of a file costs the
/// kernel as much time as the packets in it cost us. Whatever fails there, a compressor too, is thrown
/// where the owner next waits.
/// </summary>
internal sealed unsafe class WriteBehind : IDisposable
{
    private const int LargestWrite = 1 << 30;

    private readonly Stream _stream;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private byte* _start;
    private nint _size;
    private bool _busy;
    private bool _closed;
    private ExceptionDispatchInfo? _failure;

    public WriteBehind(Stream stream)
    {
        _stream = stream;
        _thread = new Thread(Work) { IsBackground = true, Name = "capture writer" };
        _thread.Start();
    }

    /// <summary>Whether a second thread has a processor to run on.</summary>
    public static bool Pays => Environment.ProcessorCount > 1;

    /// <summary>Writes in the calling thread.</summary>
    public static void Write(Stream stream, byte* start, nint size)
    {
        for (nint written = 0; written < size;)
        {
            int part = (int)Math.Min(size - written, LargestWrite);
            stream.Write(new ReadOnlySpan<byte>(start + written, part));
            written += part;
        }
    }

    /// <summary>
    /// Hands over bytes, which stay untouched until the next <see cref="Wait"/>; the one before is done.
    /// </summary>
    public void Submit(byte* start, nint size)
    {
        lock (_gate)
        {
            _start = start;
            _size = size;
            _busy = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Returns when everything is written, and throws what the stream threw.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (_busy) Monitor.Wait(_gate);
        }

        _failure?.Throw();
    }

    /// <summary>Waits for what is being written, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Work()
    {
        while (TryTake())
        {
            try
            {
                Write(_stream, _start, _size);
            }
            catch (Exception error)
            {
                _failure = ExceptionDispatchInfo.Capture(error);
            }

            lock (_gate)
            {
                _busy = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool TryTake()
    {
        lock (_gate)
        {
            while (!_busy && !_closed) Monitor.Wait(_gate);
            return _busy;
        }
    }
}
