namespace Dataplane.Wire;

/// <summary>One captured packet. The bytes belong to the reader and stay until its next <c>Read</c>.</summary>
public unsafe struct CaptureRecord
{
    /// <summary>Readable bytes behind the captured ones, whatever stands there.</summary>
    public const int Slack = 64;

    /// <summary>
    /// First captured byte; native or pinned memory, of which at least <see cref="Slack"/> bytes behind the last
    /// captured one can be read: copies go in whole vectors.
    /// </summary>
    public byte* Data;

    /// <summary>Bytes that were captured.</summary>
    public int CapturedLength;

    /// <summary>
    /// Bytes that were on the wire; never less than <see cref="CapturedLength"/> after the reader's checks.
    /// </summary>
    public int OriginalLength;

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public long Timestamp;

    /// <summary>Position in <c>CaptureReader.Interfaces</c>.</summary>
    public ushort Interface;

    /// <summary>The interface's link type, repeated here for the parser.</summary>
    public LinkType LinkType;

    /// <summary>pcapng epb_flags, or what SLL says; <see cref="CaptureDirection.Unknown"/> otherwise.</summary>
    public CaptureDirection Direction;

    public readonly ReadOnlySpan<byte> Bytes => new(Data, CapturedLength);
}
