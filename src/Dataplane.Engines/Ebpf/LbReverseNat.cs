using System.Runtime.InteropServices;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Value of <c>cilium_lb4_reverse_nat</c>: the frontend by its number, packed. The address is a name.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = Size)]
public readonly struct LbReverseNat(uint address, ushort port)
{
    public const int Size = 6;

    public readonly uint Address = address;
    public readonly ushort Port = port;
}
