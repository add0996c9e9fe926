using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>A file, read by position and never mapped: one that shrinks meanwhile must not end the process.</summary>
internal sealed class FileSource : CaptureSource
{
    private readonly SafeFileHandle _file;
    private readonly FileStamp _whenOpened;
    private long _position;
    private long _read;

    public FileSource(SafeFileHandle file, string name)
        : base(name)
    {
        _file = file;
        _whenOpened = FileStamp.Of(file);
    }

    public override CaptureDamage? Remark => _read > _whenOpened.Length
        ? new CaptureDamage(
            Offset, $"the file grew while it was read: {_whenOpened.Length} bytes when opened, {_read} were read")
        : null;

    protected override long InputLength => _whenOpened.Length;

    protected override bool CanSeek => true;

    protected override int ReadInput(Span<byte> destination)
    {
        int count = RandomAccess.Read(_file, destination, _position);
        _position += count;
        _read = Math.Max(_read, _position);
        return count;
    }

    protected override string? JudgeEnd(long offset) => _whenOpened.Judge(FileStamp.Of(_file), offset);

    protected override void SeekInput(long offset) => _position = offset;

    protected override void Close() => _file.Dispose();
}
