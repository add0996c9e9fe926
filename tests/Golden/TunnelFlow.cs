namespace Dataplane.Tests.Golden;

/// <summary>
/// What a kernel's tunnel hashes to its source port: addresses, protocol and ports, the smaller first; no ports for
/// fragments. ESP's SPI counts as ports. Uses nothing of the project.
/// </summary>
public static class TunnelFlow
{
    private const int EthernetSize = 14;
    private const int TunnelSize = 16;
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int Esp = 50;
    private const int Sctp = 132;

    /// <summary>The frame inside a VXLAN packet; any other frame itself.</summary>
    public static ReadOnlySpan<byte> InnerOf(byte[] frame) =>
        FairFrame.TunnelSourcePort(frame) is null
            ? frame
            : frame.AsSpan(EthernetSize + ((frame[EthernetSize] & 0x0f) * 4) + TunnelSize);

    /// <summary>The flow of an IPv4 packet inside a tunnel packet, as text; null for anything else.</summary>
    public static string? Of(byte[] frame)
    {
        if (FairFrame.TunnelSourcePort(frame) is null) return null;

        ReadOnlySpan<byte> inner = InnerOf(frame)[EthernetSize..];
        ReadOnlySpan<byte> payload = inner[((inner[0] & 0x0f) * 4)..];
        bool isFragment = ((inner[6] & 0x3f) | inner[7]) != 0;
        string ports = isFragment ? "" : inner[9] switch
        {
            Tcp or Udp or Sctp => Pair(payload[..2], payload.Slice(2, 2)),
            Esp => Convert.ToHexStringLower(payload[..4]),
            _ => "",
        };
        return $"{Pair(inner.Slice(12, 4), inner.Slice(16, 4))} protocol {inner[9]} {ports}";
    }

    private static string Pair(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        string[] both = [Convert.ToHexStringLower(one), Convert.ToHexStringLower(other)];
        Array.Sort(both, StringComparer.Ordinal);
        return string.Join('-', both);
    }
}
