namespace Dataplane.Engines.Iptables;

/// <summary>A value and a mask, or the two ends of a range.</summary>
internal readonly struct AddressPair(UInt128 first, UInt128 second)
{
    public UInt128 First => first;

    public UInt128 Second => second;

    public bool IsPrefixOf(UInt128 address) => (address & second) == first;

    public bool IsRangeAround(UInt128 address) => address >= first && address <= second;
}
