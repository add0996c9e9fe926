namespace Dataplane.Capture;

/// <summary>How a capture is read.</summary>
public sealed record CaptureReadOptions
{
    /// <summary>Read the whole input into memory first, so that reading again and again costs no input.</summary>
    public bool Preload { get; init; }

    /// <summary>Bytes that preloading may hold; null: three quarters of the memory that there is.</summary>
    public long? LargestPreload { get; init; }

    /// <summary>How many bytes one byte of a compressed stream may become before it is taken for a bomb.</summary>
    public int LargestExpansion { get; init; } = 10_000;

    /// <summary>Ends a stream where it is: a pipe that nothing comes from must not hold the reader.</summary>
    public CancellationToken Cancellation { get; init; }
}
