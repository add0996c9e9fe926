using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>A file, read by position and never mapped: one that shrinks meanwhile must not end the process.</summary>
internal sealed class FileSource : CaptureSource
{
    private readonly SafeFileHandle _file;
    private readonly long _lengthWhenOpened;
    private long _position;

    public FileSource(SafeFileHandle file, string name)
        : base(name)
    {
        _file = file;
        _lengthWhenOpened = RandomAccess.GetLength(file);
    }

    protected override long InputLength => _lengthWhenOpened;

    protected override bool CanSeek => true;

    protected override int ReadInput(Span<byte> destination)
    {
        int count = RandomAccess.Read(_file, destination, _position);
        _position += count;
        return count;
    }

    protected override string? JudgeEnd(long offset) => offset >= _lengthWhenOpened
        ? null
        : $"the file shrank while it was read: {_lengthWhenOpened} bytes when opened, {offset} now";

    protected override void SeekInput(long offset) => _position = offset;

    protected override void Close() => _file.Dispose();
}
