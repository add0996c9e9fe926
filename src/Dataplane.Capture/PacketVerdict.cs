namespace Dataplane.Capture;

/// <summary>What epb_verdict says of a packet, as an XDP program's return value (include/uapi/linux/bpf.h).</summary>
public enum PacketVerdict : byte
{
    /// <summary>No verdict is written.</summary>
    None,
    Drop,
    Pass,
}
