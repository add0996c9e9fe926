using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay.Workers;

/// <summary>
/// A pipeline in parts, each for a burst that brings its own memory; see <see cref="Crew"/> for who may do what when.
/// </summary>
internal interface IBurstPipeline
{
    /// <summary>Takes records from the front of the span; gives how many.</summary>
    int Take(PacketBurst burst, ReadOnlySpan<CaptureRecord> records);

    /// <summary>
    /// Decides what needs no look-up; gives whether that is all, and only bytes are left to be written.
    /// </summary>
    bool Decide(PacketBurst burst);

    /// <summary>Decides the rest and writes everything.</summary>
    void Complete(PacketBurst burst);

    /// <summary>Writes the bytes of a burst that is decided.</summary>
    void Write(PacketBurst burst);

    /// <summary>Hands the frames of a burst that is decided and written to whoever looks.</summary>
    void Transmit(PacketBurst burst);

    /// <summary>Counts the burst.</summary>
    void Emit(PacketBurst burst);
}
