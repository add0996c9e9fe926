using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>Whether an address lies in one of a few prefixes, one of each family (the cluster's pod networks).</summary>
public sealed class PrefixTest
{
    private readonly uint _v4;
    private readonly uint _v4Mask;
    private readonly IpPrefix? _v6;

    public PrefixTest(IEnumerable<IpPrefix> prefixes)
    {
        _v4 = 1;
        foreach (IpPrefix prefix in prefixes)
        {
            if (prefix.Address.IsV6)
            {
                _v6 = prefix;
                continue;
            }

            _v4 = prefix.Address.V4;
            _v4Mask = prefix.Length == 0 ? 0 : uint.MaxValue << (32 - prefix.Length);
        }
    }

    /// <summary>By name: an IPv4 address is one, an IPv6 address has one.</summary>
    public bool Contains(uint name, byte family, AddressNames names) => family == 4
        ? (name & _v4Mask) == _v4
        : _v6 is { } prefix && prefix.Contains(names.AddressOf(name));
}
