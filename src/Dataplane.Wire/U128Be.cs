using System.Runtime.InteropServices;

namespace Dataplane.Wire;

/// <summary>An IPv6 address as it lies on the wire.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct U128Be(UInt128 host)
{
    private readonly U64Be _high = new((ulong)(host >> 64));
    private readonly U64Be _low = new((ulong)host);

    public UInt128 Host => new(_high.Host, _low.Host);
}
