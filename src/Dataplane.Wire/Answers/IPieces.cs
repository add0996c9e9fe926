namespace Dataplane.Wire.Answers;

/// <summary>A packet taken apart: fragments, or segments.</summary>
public interface IPieces
{
    int Count { get; }

    /// <summary>Writes piece <paramref name="index"/> as a whole IP packet; gives its bytes.</summary>
    int Build(int index, Span<byte> to);
}
