using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>A 48-bit Ethernet address as it lies on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct U48Be(MacAddress host)
{
    private readonly U32Be _high = new((uint)(host.Value >> 16));
    private readonly U16Be _low = new((ushort)host.Value);

    public MacAddress Host => new((ulong)_high.Host << 16 | _low.Host);
}
