using System.Buffers.Binary;

namespace Dataplane.Wire;

/// <summary>A 64-bit number as it lies on the wire.</summary>
public readonly struct U64Be(ulong host)
{
    private readonly ulong _wire = Swap(host);

    public ulong Host => Swap(_wire);

    /// <summary>The eight bytes as they lie in memory, as <see cref="InternetChecksum"/> adds them.</summary>
    public ulong Wire => _wire;

    private static ulong Swap(ulong value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
