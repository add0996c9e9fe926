using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>Reads records from a capture, many at a time. One reader, one thread.</summary>
public abstract class CaptureReader : IDisposable
{
    /// <summary>Interfaces seen so far; a pcapng file may add more while it is read.</summary>
    public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>Whether more interfaces may come while it is read, as in pcapng.</summary>
    public virtual bool MayAddInterfaces => false;

    /// <summary>The name for messages: a path, or <c>-</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes of input that have been consumed, for progress and messages.</summary>
    public abstract long Position { get; }

    /// <summary>Size of the input in bytes, or -1 where it is not known (a stream).</summary>
    public abstract long Length { get; }

    /// <summary>
    /// What is wrong with the file, once that is known; records before it are good. Null while nothing is.
    /// </summary>
    public abstract CaptureDamage? Damage { get; }

    /// <summary>
    /// What was odd and has been mended, with the first place; the records are all there. Null for nothing.
    /// </summary>
    public virtual CaptureDamage? Remark => null;

    /// <summary>Whether <see cref="Rewind"/> works: files and preloaded input yes, streams no.</summary>
    public abstract bool CanRewind { get; }

    /// <summary>
    /// Fills the span from its start and gives the count; 0 at the end, or where <see cref="Damage"/> begins.
    /// </summary>
    public abstract int Read(Span<CaptureRecord> records);

    /// <summary>Starts again at the first record.</summary>
    public abstract void Rewind();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

/// <summary>An interface of a capture; a classic pcap has one without a name.</summary>
public sealed record CaptureInterface(string Name, LinkType LinkType, uint SnapLength);

/// <summary>Where a capture stops making sense, and why.</summary>
public sealed record CaptureDamage(long Offset, string Text)
{
    /// <summary>Which of several merged captures; null where there is but one.</summary>
    public string? Capture { get; init; }
}
