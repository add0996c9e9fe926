using System.Buffers.Binary;

namespace Dataplane.Wire;

/// <summary>A 32-bit number as it lies on the wire.</summary>
public readonly struct U32Be(uint host)
{
    private readonly uint _wire = Swap(host);

    public uint Host => Swap(_wire);

    /// <summary>The four bytes as they lie in memory, as <see cref="InternetChecksum"/> adds them.</summary>
    public uint Wire => _wire;

    private static uint Swap(uint value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
