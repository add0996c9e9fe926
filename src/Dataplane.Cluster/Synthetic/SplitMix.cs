namespace Dataplane.Cluster.Synthetic;

/// <summary>
/// Sebastiano Vigna's SplitMix64: numbers that are the same on every machine, whatever the runtime's generator becomes.
/// </summary>
public struct SplitMix(ulong seed)
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed;

    public ulong Next()
    {
        _state += Step;
        return Finish(_state);
    }

    /// <summary>
    /// A number below <paramref name="bound"/>, by multiplication: the bias is less than bound in 2^32.
    /// </summary>
    public uint Below(uint bound) => (uint)(((Next() >> 32) * bound) >> 32);

    /// <summary>The number that belongs to a pair, always the same.</summary>
    public static ulong Of(ulong seed, ulong index) => Finish(Finish(seed + Step) + index * Step);

    private static ulong Finish(ulong value)
    {
        value = (value ^ value >> 30) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ value >> 27) * 0x94D0_49BB_1331_11EB;
        return value ^ value >> 31;
    }
}
