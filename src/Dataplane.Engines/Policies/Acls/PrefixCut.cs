using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// A block without parts of it, as prefixes: what OVN's expressions make of <c>ip4.src ==
/// A &amp;&amp; ip4.src != B</c>.
/// </summary>
internal static class PrefixCut
{
    public static IEnumerable<IpPrefix> Without(IpPrefix block, ImmutableArray<IpPrefix> except)
    {
        if (except.Any(not => not.Length <= block.Length && not.Contains(block.Address))) return [];
        if (!except.Any(not => block.Contains(not.Address))) return [block];

        int length = block.Length + 1;
        IpPrefix low = new(block.Address, length);
        IpPrefix high = new(WithBit(block.Address, length), length);
        return Without(low, except).Concat(Without(high, except));
    }

    private static IpAddress WithBit(IpAddress address, int length)
    {
        UInt128 bit = UInt128.One << (address.Bits - length);
        return address.IsV4 ? IpAddress.FromV4(address.V4 | (uint)bit) : IpAddress.FromV6(address.Value | bit);
    }
}
