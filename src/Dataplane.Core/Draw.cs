namespace Dataplane.Core;

/// <summary>
/// A stream of random numbers that a seed repeats (SplitMix64); passed into look-ups, so that they stay pure.
/// </summary>
public struct Draw(ulong seed)
{
    private ulong _state = seed;

    public uint Next() => (uint)(Next64() >> 32);

    /// <summary>0 up to <paramref name="bound"/>, which is left out.</summary>
    public uint Next(uint bound) => (uint)((ulong)Next() * bound >> 32);

    private ulong Next64()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB;
        return z ^ z >> 31;
    }
}
