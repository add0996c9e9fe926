using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>What stands in front of the network layer, by link type.</summary>
internal readonly ref struct LinkLayer
{
    private LinkLayer(int size, ushort etherType, bool isTagged = false)
    {
        Size = size;
        EtherType = etherType;
        IsTagged = isTagged;
        Ignored = etherType is Wire.EtherType.Ipv4 or Wire.EtherType.Ipv6 or Wire.EtherType.Arp
            ? IgnoreReason.None
            : IgnoreReason.NotIp;
    }

    private LinkLayer(IgnoreReason ignored) => Ignored = ignored;

    /// <summary>Bytes in front of the network header.</summary>
    public int Size { get; }

    public ushort EtherType { get; }

    public bool IsTagged { get; }

    /// <summary>Why the frame holds nothing for a dataplane.</summary>
    public IgnoreReason Ignored { get; }

    public static LinkLayer Read(LinkType type, ReadOnlySpan<byte> bytes) => type switch
    {
        LinkType.Ethernet => ReadEthernet(bytes),
        LinkType.Raw => new LinkLayer(0, ByVersion(bytes)),
        LinkType.Ipv4 => new LinkLayer(0, Wire.EtherType.Ipv4),
        LinkType.Ipv6 => new LinkLayer(0, Wire.EtherType.Ipv6),
        LinkType.Null or LinkType.Loop => LoopbackView.TryParse(bytes, out LoopbackView loop) == WireError.None
            ? new LinkLayer(LoopbackHeader.Size, loop.EtherType)
            : new LinkLayer(IgnoreReason.NotIp),
        LinkType.LinuxSll => LinuxSllView.TryParse(bytes, out LinuxSllView sll) == WireError.None
            ? new LinkLayer(LinuxSllHeader.Size, sll.Protocol)
            : new LinkLayer(IgnoreReason.NotIp),
        LinkType.LinuxSll2 => LinuxSll2View.TryParse(bytes, out LinuxSll2View sll2) == WireError.None
            ? new LinkLayer(LinuxSll2Header.Size, sll2.Protocol)
            : new LinkLayer(IgnoreReason.NotIp),
        _ => new LinkLayer(IgnoreReason.LinkType),
    };

    private static LinkLayer ReadEthernet(ReadOnlySpan<byte> bytes) =>
        EthernetView.TryParse(bytes, out EthernetView view) == WireError.None
            ? new LinkLayer(view.HeaderSize, view.HasLength ? (ushort)0 : view.EtherType, view.TagCount > 0)
            : new LinkLayer(IgnoreReason.NotIp);

    private static ushort ByVersion(ReadOnlySpan<byte> bytes) => bytes.Length == 0 ? (ushort)0 : (bytes[0] >> 4) switch
    {
        4 => Wire.EtherType.Ipv4,
        6 => Wire.EtherType.Ipv6,
        _ => (ushort)0,
    };
}
