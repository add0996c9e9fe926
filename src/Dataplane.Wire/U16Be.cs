using System.Buffers.Binary;

namespace Dataplane.Wire;

/// <summary>A 16-bit number as it lies on the wire.</summary>
public readonly struct U16Be(ushort host)
{
    private readonly ushort _wire = Swap(host);

    public ushort Host => Swap(_wire);

    /// <summary>The two bytes as they lie in memory, as <see cref="InternetChecksum"/> adds them.</summary>
    public ushort Wire => _wire;

    /// <summary>Takes bytes as they lie in memory: a finished checksum.</summary>
    public static U16Be FromWire(ushort wire) => new(Swap(wire));

    private static ushort Swap(ushort value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
