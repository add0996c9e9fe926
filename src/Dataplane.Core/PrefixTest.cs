using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>Whether an address lies in one of a few prefixes (the cluster's pod networks).</summary>
public sealed class PrefixTest
{
    private readonly (uint Network, uint Mask)[] _v4;
    private readonly IpPrefix[] _v6;

    public PrefixTest(IEnumerable<IpPrefix> prefixes)
    {
        IpPrefix[] all = [.. prefixes];
        _v4 =
            [.. all.Where(prefix => prefix.Address.IsV4).Select(prefix => (prefix.Address.V4, MaskOf(prefix.Length)))];
        _v6 = [.. all.Where(prefix => prefix.Address.IsV6)];
    }

    /// <summary>By name: an IPv4 address is one, an IPv6 address has one.</summary>
    public bool Contains(uint name, byte family, AddressNames names)
    {
        if (family == 4)
        {
            foreach ((uint network, uint mask) in _v4)
            {
                if ((name & mask) == network) return true;
            }

            return false;
        }

        if (_v6.Length == 0) return false;

        IpAddress address = names.AddressOf(name);
        foreach (IpPrefix prefix in _v6)
        {
            if (prefix.Contains(address)) return true;
        }

        return false;
    }

    private static uint MaskOf(int length) => length == 0 ? 0 : uint.MaxValue << (32 - length);
}
