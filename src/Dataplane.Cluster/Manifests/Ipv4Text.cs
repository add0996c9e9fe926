using System.Runtime.CompilerServices;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>Dotted quads without a string between: most addresses of a cluster are these.</summary>
internal static class Ipv4Text
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        uint value = 0;
        for (int part = 0; part < 4; part++)
        {
            int digits = 0;
            uint octet = 0;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]) && digits < 3)
                octet = octet * 10 + (uint)(text[digits++] - '0');
            if (digits == 0 || octet > 255 || (digits > 1 && text[0] == '0')) return false;

            value = value << 8 | octet;
            text = text[digits..];
            if (part == 3) break;
            if (text.IsEmpty || text[0] != '.') return false;

            text = text[1..];
        }

        if (!text.IsEmpty) return false;

        address = IpAddress.FromV4(value);
        return true;
    }
}
