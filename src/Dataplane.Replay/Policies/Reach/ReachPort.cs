using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>A protocol's port: <c>80/tcp</c>.</summary>
public readonly record struct ReachPort(byte Protocol, ushort Port)
{
    /// <summary>tcp, udp or sctp.</summary>
    public string ProtocolName => Wording.Protocol(Protocol);

    /// <summary>A number from 1 to 65535, with a protocol or without (tcp).</summary>
    public static bool TryParse(string text, out ReachPort port)
    {
        string[] parts = text.Split('/');
        string name = parts.Length == 1 ? "TCP" : parts[1].ToUpperInvariant();
        byte protocol = name switch
        {
            "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            "SCTP" => IpProtocol.Sctp,
            _ => (byte)0,
        };
        bool isPort = ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        port = new ReachPort(protocol, number);
        return isPort && number > 0 && protocol != 0 && parts.Length <= 2;
    }

    public override string ToString() => Wording.Port(Port, Protocol);
}
