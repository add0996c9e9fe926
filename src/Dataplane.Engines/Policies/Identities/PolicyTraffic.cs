using System.Numerics;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>A peer's identity (0: any) with protocol and port as a prefix of so many bits.</summary>
internal readonly record struct PolicyTraffic(uint Identity, int Suffix, byte Protocol, ushort Port)
{
    /// <summary>
    /// What both have in common: the narrower on each axis; nothing where they are beside each other.
    /// </summary>
    public bool TryIntersect(PolicyTraffic other, out PolicyTraffic common)
    {
        PolicyTraffic narrow = Suffix >= other.Suffix ? this : other;
        PolicyTraffic wide = Suffix >= other.Suffix ? other : this;
        common = narrow with { Identity = Identity == NumericIdentities.Any ? other.Identity : Identity };
        bool isSamePeer = Identity == other.Identity || Identity == NumericIdentities.Any
            || other.Identity == NumericIdentities.Any;
        return isSamePeer
            && narrow.Bits >> (PolicyKey.MaxSuffix - wide.Suffix) == wide.Bits >> (PolicyKey.MaxSuffix - wide.Suffix);
    }

    private uint Bits => (uint)(Protocol << 16 | Port);

    /// <summary>A range of ports as prefixes, as few as there can be.</summary>
    public static IEnumerable<PolicyTraffic> OfPorts(uint identity, byte protocol, ushort first, ushort last)
    {
        for (int port = first; port <= last;)
        {
            int zeros = port == 0 ? 16 : BitOperations.TrailingZeroCount(port);
            while (port + (1 << zeros) - 1 > last) zeros--;
            yield return new PolicyTraffic(identity, PolicyKey.MaxSuffix - zeros, protocol, (ushort)port);
            port += 1 << zeros;
        }
    }
}
