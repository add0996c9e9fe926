using System.Buffers.Binary;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>The backend that each connection to a ClusterIP had, from the frames that arrived.</summary>
internal sealed class LabsChoice : IBackendChoice
{
    private readonly Dictionary<(ulong, ulong), (uint Address, ushort Port)> _backends = [];
    private readonly Dictionary<(ulong, ulong), ushort> _sourcePorts = [];

    public LabsChoice(ThreeTier lab)
    {
        foreach (FrameMapRow row in lab.Map)
        {
            if (row.Delivered is not int delivered || !TryKey(lab.Sent[row.Sent].Bytes, out FlowKey sent)) continue;
            if (!TryKey(lab.Delivered[delivered].Bytes, out FlowKey arrived)) continue;

            _backends[(sent.Addresses, sent.Rest)] = (arrived.Destination, arrived.DestinationPort);
            if (sent.Source != arrived.Source) _sourcePorts[(sent.Addresses, sent.Rest)] = arrived.SourcePort;
        }
    }

    public bool TryChoose(in FlowKey key, out uint address, out ushort port)
    {
        FlowKey anywhere = key;
        anywhere.Zone = 0;
        bool isKnown = _backends.TryGetValue(
            (anywhere.Addresses, anywhere.Rest), out (uint Address, ushort Port) backend);
        (address, port) = backend;
        return isKnown;
    }

    public bool TryChooseSourcePort(in FlowKey key, out ushort port)
    {
        FlowKey anywhere = key;
        anywhere.Zone = 0;
        return _sourcePorts.TryGetValue((anywhere.Addresses, anywhere.Rest), out port);
    }

    private static bool TryKey(byte[] frame, out FlowKey key)
    {
        key = default;
        if (!ThreeTierFrame.IsIpv4(frame)
            || Ipv4View.TryParse(frame.AsSpan(EthernetHeader.Size), out Ipv4View ip) != WireError.None)
            return false;
        if (ip.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || ip.Payload.Length < 4) return false;

        key = new FlowKey
        {
            Source = ThreeTierFrame.Source(frame).V4,
            Destination = ThreeTierFrame.Destination(frame).V4,
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(ip.Payload),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(ip.Payload[2..]),
            Protocol = ip.Protocol,
            Family = 4,
        };
        return true;
    }
}
