using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Dataplane.Capture;

/// <summary>
/// How a capture's numbers lie in the file: a type argument, so that the loops have no branch for it.
/// </summary>
internal unsafe interface IByteOrder
{
    static abstract ushort U16(byte* at);

    static abstract uint U32(byte* at);
}

/// <summary>The order of the machine that reads.</summary>
internal readonly unsafe struct HostOrder : IByteOrder
{
    public static ushort U16(byte* at) => Unsafe.ReadUnaligned<ushort>(at);

    public static uint U32(byte* at) => Unsafe.ReadUnaligned<uint>(at);
}

/// <summary>The other order.</summary>
internal readonly unsafe struct SwappedOrder : IByteOrder
{
    public static ushort U16(byte* at) => BinaryPrimitives.ReverseEndianness(HostOrder.U16(at));

    public static uint U32(byte* at) => BinaryPrimitives.ReverseEndianness(HostOrder.U32(at));
}
