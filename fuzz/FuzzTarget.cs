namespace Dataplane.Fuzz;

/// <summary>Takes any bytes; throws only what users must never see.</summary>
public delegate void FuzzBody(ReadOnlySpan<byte> input);

/// <summary>A name for the command line, what it does with bytes, and bytes to begin with.</summary>
public sealed record FuzzTarget(string Name, FuzzBody Run, Func<IEnumerable<byte[]>> Seeds);

/// <summary>Something that holds for every input did not hold.</summary>
public sealed class BrokenInvariantException(string message) : Exception(message);
