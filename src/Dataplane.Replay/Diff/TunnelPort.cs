using System.Collections.Immutable;
using System.Globalization;

namespace Dataplane.Replay.Diff;

/// <summary>A UDP port and the tunnel protocol (tshark's name) that is spoken there.</summary>
public readonly record struct TunnelPort(ushort Port, string Protocol)
{
    /// <summary>RFC 7348 and RFC 8926 ports, which Wireshark knows, and the Linux default, which it does not.</summary>
    public static readonly ImmutableArray<TunnelPort> WellKnown =
        [new(Tshark.FlannelVxlanPort, "vxlan"), new(4789, "vxlan"), new(6081, "geneve")];

    /// <summary>Ports to tell tshark about: always 8472, then the given ones.</summary>
    public static ImmutableArray<TunnelPort> ForDecodeAs(IEnumerable<TunnelPort> given) =>
        [.. given.Prepend(WellKnown[0]).Reverse().DistinctBy(port => port.Port).Reverse()];

    /// <summary>Reads <c>PORT=vxlan|geneve</c>.</summary>
    public static bool TryParse(string text, out TunnelPort port)
    {
        port = default;
        int equals = text.IndexOf('=');
        if (equals < 0 || text[(equals + 1)..] is not ("vxlan" or "geneve")) return false;
        if (!ushort.TryParse(
            text.AsSpan(0, equals), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
            return false;
        if (number == 0) return false;

        port = new TunnelPort(number, text[(equals + 1)..]);
        return true;
    }
}
