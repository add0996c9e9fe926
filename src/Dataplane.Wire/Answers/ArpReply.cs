using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>RFC 826: the answer to "who has", with the request's VLAN tags.</summary>
public static class ArpReply
{
    /// <summary>The size without tags.</summary>
    public const int Size = EthernetHeader.Size + ArpHeader.Size;

    /// <summary>Writes the frame that says that the address asked for is at <paramref name="mac"/>.</summary>
    /// <remarks><c>to</c>: <see cref="Size"/> bytes, and four more for each tag.</remarks>
    /// <returns>The bytes written; 0 for what is no ARP request of one host, and where there is no room.</returns>
    public static int Build(Span<byte> to, ReadOnlySpan<byte> requestFrame, MacAddress mac)
    {
        if (EthernetView.TryParse(requestFrame, out EthernetView frame) != WireError.None) return 0;
        if (frame.EtherType != EtherType.Arp || frame.HasLength) return 0;
        if (ArpView.TryParse(frame.Payload, out ArpView request) != WireError.None) return 0;
        if (!request.IsRequest || request.SenderMac.IsGroup || to.Length < frame.HeaderSize + ArpHeader.Size) return 0;

        AnswerFrame.WriteHeader(to, requestFrame[..frame.HeaderSize], request.SenderMac, mac);
        var reply = new ArpHeader(
            ArpHeader.Reply, mac, request.TargetAddress, request.SenderMac, request.SenderAddress);
        MemoryMarshal.Write(to[frame.HeaderSize..], in reply);
        return frame.HeaderSize + ArpHeader.Size;
    }
}
