namespace Dataplane.Capture;

/// <summary>How a capture is read.</summary>
public sealed record CaptureReadOptions
{
    /// <summary>Read the whole input into memory first, so that reading again and again costs no input.</summary>
    public bool Preload { get; init; }

    /// <summary>Ends a stream where it is: a pipe that nothing comes from must not hold the reader.</summary>
    public CancellationToken Cancellation { get; init; }
}
