using System.Runtime.InteropServices;

namespace Dataplane.Capture;

/// <summary>
/// A window of native memory that slides over the input. Between <see cref="Cursor"/> and <see cref="End"/> lie
/// bytes that have been read and not consumed; only <see cref="Require"/>, <see cref="Skip"/> and
/// <see cref="Rewind"/> move memory.
/// </summary>
internal abstract unsafe class CaptureSource : IDisposable
{
    /// <summary>
    /// What one read asks for: half of a second-level cache, so that the bytes are still there when parsed.
    /// </summary>
    private const int ReadSize = 256 * 1024;

    private const int LargestRead = 1 << 30;

    /// <summary>
    /// The kernel copies whole pages to page boundaries faster: 18 against 32 ns for a record of 76 bytes.
    /// </summary>
    private const int PageSize = 4096;

    /// <summary>Readable bytes behind the last one, for loads wider than the data.</summary>
    private const int Slack = 64;

    private byte* _window;
    private long _capacity;
    private long _windowOffset;
    private bool _atEnd;
    private bool _loaded;

    protected CaptureSource(string name) => Name = name;

    public byte* Cursor;

    public byte* End { get; private set; }

    public string Name { get; }

    /// <summary>Place of <see cref="Cursor"/> in the (decompressed) input.</summary>
    public long Offset => _windowOffset + (Cursor - _window);

    public long Available => End - Cursor;

    /// <summary>Bytes of input, or -1 where that is not known.</summary>
    public long Length => _loaded ? _windowOffset + (End - _window) : InputLength;

    public bool CanRewind => _loaded || CanSeek;

    /// <summary>Why the input ended before it should have; null where it just ended.</summary>
    public string? Trouble { get; private set; }

    /// <summary>What was odd about the input, though all of it was read; null for nothing.</summary>
    public virtual CaptureDamage? Remark => null;

    protected abstract long InputLength { get; }

    protected abstract bool CanSeek { get; }

    /// <summary>Reads what comes next, at least one byte; 0 at the end.</summary>
    protected abstract int ReadInput(Span<byte> destination);

    /// <summary>What is wrong with an input that ended here; null for nothing.</summary>
    protected virtual string? JudgeEnd(long offset) => null;

    protected virtual void SeekInput(long offset) => throw new NotSupportedException();

    /// <summary>Makes at least <paramref name="size"/> bytes available; false when the input ends before.</summary>
    public bool Require(long size)
    {
        if (Available >= size) return true;
        if (_atEnd) return false;

        MakeRoom(Math.Max(size, ReadSize));
        while (Available < size)
        {
            if (!ReadMore(ReadSize)) return false;
        }

        return true;
    }

    /// <summary>Consumes without keeping; false when the input ends before.</summary>
    public bool Skip(long size)
    {
        while (size > 0)
        {
            long step = Math.Min(size, ReadSize);
            if (!Require(step))
            {
                Cursor = End;
                return false;
            }

            Cursor += step;
            size -= step;
        }

        return true;
    }

    /// <summary>Reads everything that is left and keeps it.</summary>
    /// <exception cref="InvalidDataException">That is more than <paramref name="largest"/> bytes.</exception>
    public void Load(long largest)
    {
        if (InputLength > largest) throw TooLarge(largest);

        MakeRoom(Math.Max(InputLength - Offset + 1, ReadSize));
        while (!_atEnd)
        {
            if (_capacity - (End - _window) == 0) MakeRoom(2 * Available);
            ReadMore(LargestRead);
            if (Available > largest) throw TooLarge(largest);
        }

        _loaded = true;
    }

    /// <summary>Goes back to a place that was read before.</summary>
    public void Rewind(long offset)
    {
        if (_loaded)
        {
            Cursor = _window + (offset - _windowOffset);
            return;
        }

        long page = offset & ~(PageSize - 1L);
        SeekInput(page);
        _windowOffset = page;
        Cursor = End = _window;
        _atEnd = false;
        Skip(offset - page);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_window);
        _window = Cursor = End = null;
        _atEnd = true;
        Close();
    }

    protected abstract void Close();

    /// <summary>
    /// Moves the unread bytes to where the next read begins at a page, in a window that holds <paramref
    /// name="size"/>.
    /// </summary>
    private void MakeRoom(long size)
    {
        long kept = Available;
        long front = (kept + PageSize - 1) & ~(PageSize - 1L);
        byte* window = _window;
        if (_capacity < front - kept + size)
        {
            _capacity = front + size + ReadSize;
            window = (byte*)NativeMemory.AlignedAlloc((nuint)(_capacity + Slack), PageSize);
        }

        long offset = Offset;
        Buffer.MemoryCopy(Cursor, window + front - kept, kept, kept);
        if (window != _window) NativeMemory.AlignedFree(_window);
        _window = window;
        Cursor = window + front - kept;
        End = window + front;
        _windowOffset = offset - (front - kept);
    }

    private InvalidDataException TooLarge(long largest) =>
        new(
            $"{Name}: more than the {largest >> 20} MiB that --preload may hold (limit.preload): "
            + "read it without preloading");

    private bool ReadMore(int atMost)
    {
        long room = Math.Min(_capacity - (End - _window), atMost);
        int count = 0;
        try
        {
            count = ReadInput(new Span<byte>(End, (int)room));
            if (count == 0) Trouble = JudgeEnd(_windowOffset + (End - _window));
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            Trouble = error.Message;
        }

        End += count;
        _atEnd = count == 0;
        return count > 0;
    }
}
