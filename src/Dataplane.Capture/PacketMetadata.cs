using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// What is written beside a packet where the format has room for it (pcapng's EPB options; classic pcap has none).
/// </summary>
public readonly ref struct PacketMetadata
{
    /// <summary>epb_packetid: equal for all frames that came of one input packet. 0 writes none.</summary>
    public ulong PacketId { get; init; }

    /// <summary>First opt_comment, UTF-8; empty writes none.</summary>
    public ReadOnlySpan<byte> Comment { get; init; }

    /// <summary>Second opt_comment, UTF-8; empty writes none.</summary>
    public ReadOnlySpan<byte> SecondComment { get; init; }

    public CaptureDirection Direction { get; init; }

    public PacketVerdict Verdict { get; init; }
}
