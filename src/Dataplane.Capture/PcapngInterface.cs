using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>
/// What packets of an interface need: where it stands in the list, its link type, and its clock (if_tsresol,
/// if_tsoffset).
/// </summary>
internal readonly struct PcapngInterface
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;
    private const byte PowerOfTwo = 0x80;

    private readonly ulong _nanosecondsPerTick;
    private readonly ulong _plainTicks;
    private readonly long _plainOffset;
    private readonly long _offsetSeconds;
    private readonly byte _resolution;

    public PcapngInterface(ushort index, LinkType linkType, uint snapLength, byte resolution, long offsetSeconds)
    {
        Index = index;
        LinkType = linkType;
        SnapLength = snapLength;
        _resolution = resolution;
        _offsetSeconds = offsetSeconds;

        // Clocks in powers of ten up to nanoseconds, and offsets of less than a century, need no wide arithmetic.
        const long century = 100L * 365 * 24 * 3600;
        if (resolution > 9 || offsetSeconds is < -century or > century) return;

        _nanosecondsPerTick = (ulong)PowerOfTen(9 - resolution);
        _plainOffset = offsetSeconds * (long)NanosecondsPerSecond;
        _plainTicks = long.MaxValue / 2 / _nanosecondsPerTick;
    }

    public readonly ushort Index;

    public readonly LinkType LinkType;

    public readonly uint SnapLength;

    /// <summary>Nanoseconds since 1970; what lies outside of 64 bits becomes the nearest that does not.</summary>
    public long ToNanoseconds(ulong ticks) => ticks < _plainTicks
        ? (long)(ticks * _nanosecondsPerTick) + _plainOffset
        : ToNanosecondsWide(ticks);

    private long ToNanosecondsWide(ulong ticks)
    {
        int exponent = _resolution & ~PowerOfTwo;
        UInt128 scaled = (UInt128)ticks * NanosecondsPerSecond;
        UInt128 nanoseconds = (_resolution & PowerOfTwo) != 0 ? scaled >> exponent
            : exponent < 38 ? scaled / PowerOfTen(exponent)
            : 0;
        Int128 time = (Int128)nanoseconds + (Int128)_offsetSeconds * (long)NanosecondsPerSecond;
        return (long)Int128.Clamp(time, long.MinValue, long.MaxValue);
    }

    private static UInt128 PowerOfTen(int exponent)
    {
        UInt128 power = 1;
        for (int i = 0; i < exponent; i++) power *= 10;
        return power;
    }
}
