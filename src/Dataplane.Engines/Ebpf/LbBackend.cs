using System.Runtime.InteropServices;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Value of <c>cilium_lb4_backends_v3</c>; ids are dense here, so that the map is an array. The address is a name, the
/// port in host order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct LbBackend
{
    public const int Size = 12;

    public uint Address;
    public ushort Port;
    public byte Protocol;
    public LbBackendState State;
    public ushort ClusterId;
    public byte Zone;
    private readonly byte _pad;
}

/// <summary>Cilium's states of a backend, those that EndpointSlices lead to.</summary>
public enum LbBackendState : byte
{
    Active = 0,
    Terminating = 1,

    /// <summary>Neither ready nor terminating: known, and in no slot.</summary>
    Maintenance = 3,
}
