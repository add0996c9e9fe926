using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>RFC 826: the packet for Ethernet and IPv4.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct ArpHeader(
    ushort operation, MacAddress senderMac, uint senderAddress, MacAddress targetMac, uint targetAddress)
{
    public const int Size = 28;
    public const ushort Request = 1;
    public const ushort Reply = 2;

    private const ushort HardwareEthernet = 1;

    private readonly U16Be _hardware = new(HardwareEthernet);
    private readonly U16Be _protocol = new(EtherType.Ipv4);
    private readonly byte _hardwareSize = MacAddress.Size;
    private readonly byte _protocolSize = 4;
    private readonly U16Be _operation = new(operation);
    private readonly U48Be _senderMac = new(senderMac);
    private readonly U32Be _senderAddress = new(senderAddress);
    private readonly U48Be _targetMac = new(targetMac);
    private readonly U32Be _targetAddress = new(targetAddress);

    public bool IsEthernetIpv4 => _hardware.Host == HardwareEthernet && _protocol.Host == EtherType.Ipv4
        && _hardwareSize == MacAddress.Size && _protocolSize == 4;

    public ushort Operation => _operation.Host;

    public MacAddress SenderMac => _senderMac.Host;

    public uint SenderAddress => _senderAddress.Host;

    public MacAddress TargetMac => _targetMac.Host;

    public uint TargetAddress => _targetAddress.Host;
}

/// <summary>An ARP packet that is known to speak of Ethernet and IPv4.</summary>
public readonly ref struct ArpView : IWireView<ArpView>
{
    private readonly ref readonly ArpHeader _header;

    private ArpView(ref readonly ArpHeader header) => _header = ref header;

    public static int MinSize => ArpHeader.Size;

    public bool IsRequest => _header.Operation == ArpHeader.Request;

    public bool IsReply => _header.Operation == ArpHeader.Reply;

    public ushort Operation => _header.Operation;

    public MacAddress SenderMac => _header.SenderMac;

    public uint SenderAddress => _header.SenderAddress;

    public MacAddress TargetMac => _header.TargetMac;

    public uint TargetAddress => _header.TargetAddress;

    public static WireError TryParse(ReadOnlySpan<byte> bytes, out ArpView view)
    {
        view = default;
        if (bytes.Length < ArpHeader.Size) return WireError.Truncated;

        ref readonly ArpHeader header = ref MemoryMarshal.AsRef<ArpHeader>(bytes);
        if (!header.IsEthernetIpv4) return WireError.BadType;

        view = new ArpView(in header);
        return WireError.None;
    }
}
