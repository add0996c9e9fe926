using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>
/// A stream that can be read once. A thread of its own reads and decompresses into a pipe while the packets before are
/// worked on; what a record needs is copied out of the pipe's segments into the window.
/// </summary>
internal sealed class StreamSource : CaptureSource
{
    private const int SegmentSize = 64 * 1024;
    private const int PauseAt = 4 * 1024 * 1024;

    /// <summary>
    /// So much may come of any compressed bytes: the beginning of a capture says little of the whole.
    /// </summary>
    private const int FreeExpansion = 1024 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: PauseAt,
        resumeWriterThreshold: PauseAt / 2,
        minimumSegmentSize: SegmentSize,
        useSynchronizationContext: false));

    private readonly BlockingWait _readerWait = new();
    private readonly Stream _stream;
    private readonly PeekedStream? _compressed;
    private readonly SafeFileHandle? _file;
    private readonly FileStamp _whenOpened;
    private readonly int _largestExpansion;
    private readonly CancellationTokenRegistration _cancelled;
    private string? _failure;

    /// <param name="stream">What captures are read from, decompressed.</param>
    /// <param name="name">For messages.</param>
    /// <param name="options">How, and how much.</param>
    /// <param name="compressed">What lies under it; null: it was not compressed.</param>
    /// <param name="file">The file that is decompressed; null: a stream.</param>
    public StreamSource(
        Stream stream, string name, CaptureReadOptions options, PeekedStream? compressed, SafeFileHandle? file)
        : base(name)
    {
        _file = file;
        if (file is not null) _whenOpened = FileStamp.Of(file);
        _stream = stream;
        _compressed = compressed;
        _largestExpansion = options.LargestExpansion;
        _cancelled = options.Cancellation.Register(_pipe.Reader.CancelPendingRead);
        new Thread(Pump) { IsBackground = true, Name = $"read {name}" }.Start();
    }

    protected override long InputLength => -1;

    protected override bool CanSeek => false;

    protected override int ReadInput(Span<byte> destination)
    {
        while (true)
        {
            ReadResult result = _readerWait.For(_pipe.Reader.ReadAsync());
            ReadOnlySequence<byte> ready = result.Buffer;
            ready = ready.Slice(0, Math.Min(ready.Length, destination.Length));
            int count = (int)ready.Length;
            ready.CopyTo(destination);
            _pipe.Reader.AdvanceTo(ready.End);
            if (count > 0 || result.IsCompleted || result.IsCanceled) return count;
        }
    }

    protected override string? JudgeEnd(long offset) => _failure;

    protected override void Close()
    {
        _cancelled.Dispose();
        _pipe.Reader.Complete();
    }

    private bool IsBomb(long produced)
    {
        if (_compressed is null || produced <= FreeExpansion || produced / _largestExpansion <= _compressed.Given)
            return false;

        _failure = $"cannot be read further: {_compressed.Given} compressed bytes became {produced}, "
            + $"more than {_largestExpansion} each (limit.expansion)";
        return true;
    }

    private void Pump()
    {
        BlockingWait wait = new();
        long produced = 0;
        try
        {
            using (_stream)
            {
                while (true)
                {
                    int count = _stream.Read(_pipe.Writer.GetSpan(SegmentSize));
                    if (count == 0) break;

                    produced += count;
                    if (IsBomb(produced)) break;

                    _pipe.Writer.Advance(count);
                    if (wait.For(_pipe.Writer.FlushAsync()).IsCompleted) break;
                }

                if (_file is not null && _compressed is not null)
                    _failure ??= _whenOpened.Judge(FileStamp.Of(_file), _compressed.Given);
            }
        }
        catch (Exception error)
        {
            // Decoders meet hostile input here and throw what they like. Whatever it is, it is damage at this place.
            _failure = $"cannot be read further: {error.Message}";
        }

        _pipe.Writer.Complete();
    }
}
