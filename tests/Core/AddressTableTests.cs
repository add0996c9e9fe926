using Dataplane.Core;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Core;

/// <summary>The tables that know addresses: longest prefix, names, sets.</summary>
public sealed class AddressTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_longest_prefix_wins_as_in_a_plain_search(int seed)
    {
        var random = new Random(seed);
        List<(IpPrefix Prefix, Place Place)> prefixes = [.. RandomPrefixes(random)];
        AddressMap map = AddressMap.Build(prefixes);

        for (int probe = 0; probe < 50_000; probe++)
        {
            IpAddress address = Near(random, prefixes[random.Next(prefixes.Count)].Prefix);
            Assert.Equal(LongestMatch(prefixes, address), map.Find(address));
        }
    }

    [Fact]
    public void Every_prefix_length_of_both_families_is_told_from_its_neighbours()
    {
        foreach (string text in new[] { "10.244.170.85", "fd00:10:244:aaaa:5555:aaaa:5555:aaaa" })
        {
            IpAddress inside = IpAddress.Parse(text);
            for (int length = 1; length <= inside.Bits; length++)
            {
                AddressMap map = AddressMap.Build([(new IpPrefix(inside, length), new Place(PlaceKind.Pod, 7))]);

                Assert.Equal(new Place(PlaceKind.Pod, 7), map.Find(inside));
                Assert.Equal(default, map.Find(Flip(inside, length - 1)));
            }
        }
    }

    [Fact]
    public void A_default_route_holds_where_nothing_longer_does()
    {
        AddressMap map = AddressMap.Build([
            (IpPrefix.Parse("10.0.0.1/32"), new Place(PlaceKind.Pod, 1)),
            (IpPrefix.Parse("0.0.0.0/0"), new Place(PlaceKind.Node, 2)),
            (IpPrefix.Parse("::/0"), new Place(PlaceKind.Node, 3)),
        ]);

        Assert.Equal(new Place(PlaceKind.Pod, 1), map.Find(IpAddress.Parse("10.0.0.1")));
        Assert.Equal(new Place(PlaceKind.Node, 2), map.Find(IpAddress.Parse("10.0.0.2")));
        Assert.Equal(new Place(PlaceKind.Node, 3), map.Find(IpAddress.Parse("fd00::1")));
    }

    [Fact]
    public void A_name_stands_for_one_address_and_keeps_it_while_the_table_grows()
    {
        AddressMap map = AddressMap.Build([(IpPrefix.Parse("fd00:10:244::/48"), new Place(PlaceKind.Pod, 9))]);
        using var names = new AddressNames(map);
        List<IpAddress> addresses =
            [.. Enumerable.Range(0, 20_000).Select(i => IpAddress.Parse($"fd00:10:{i % 300:x}::{i:x}"))];
        List<uint> given = [.. addresses.Select(names.NameOf)];

        Assert.Equal(20_000, names.Count);
        Assert.Equal(20_000, given.Distinct().Count());
        Assert.DoesNotContain(0u, given);
        for (int index = 0; index < addresses.Count; index++)
        {
            Assert.Equal(given[index], names.NameOf(addresses[index]));
            Assert.Equal(addresses[index], names.AddressOf(given[index]));
            Assert.Equal(map.Find(addresses[index]), names.PlaceOf(given[index]));
        }
    }

    [Fact]
    public void A_set_holds_what_a_hash_set_holds_and_tells_families_apart()
    {
        using var set = new AddressSet();
        HashSet<(uint, byte)> model = [];
        var random = new Random(5);
        for (int step = 0; step < 20_000; step++)
        {
            (uint Name, byte Family) address = ((uint)random.Next(30_000), random.Next(2) == 0 ? (byte)4 : (byte)6);
            set.Add(address.Name, address.Family);
            model.Add(address);
        }

        for (uint name = 0; name < 30_000; name++)
        {
            Assert.Equal(model.Contains((name, 4)), set.Contains(name, 4));
            Assert.Equal(model.Contains((name, 6)), set.Contains(name, 6));
        }
    }

    private static Place LongestMatch(List<(IpPrefix Prefix, Place Place)> prefixes, IpAddress address) => prefixes
        .Where(entry => entry.Prefix.Address.Family == address.Family && entry.Prefix.Contains(address))
        .OrderByDescending(entry => entry.Prefix.Length)
        .Select(entry => entry.Place)
        .FirstOrDefault();

    // All below 10.0.0.0/14 and fd00::/24, so that they overlap; each prefix once.
    private static IEnumerable<(IpPrefix Prefix, Place Place)> RandomPrefixes(Random random) => Enumerable.Range(1, 120)
        .Select(number =>
        {
            IpAddress address = random.Next(2) == 0
                ? IpAddress.FromV4(0x0A00_0000u + (uint)random.Next(1 << 18))
                : IpAddress.FromV6(((UInt128)0xFD00 << 112) + ((UInt128)(ulong)random.NextInt64() << 40));
            return (Prefix: new IpPrefix(address, random.Next(8, address.Bits + 1)),
                Place: new Place(PlaceKind.Pod, number));
        })
        .DistinctBy(entry => (entry.Prefix.Address, entry.Prefix.Length));

    private static IpAddress Near(Random random, IpPrefix prefix) => random.Next(3) == 0
        ? prefix.Address
        : Flip(prefix.Address, random.Next(8, prefix.Address.Bits));

    private static IpAddress Flip(IpAddress address, int bit)
    {
        UInt128 mask = UInt128.One << (address.Bits - 1 - bit);
        return address.IsV4 ? IpAddress.FromV4(address.V4 ^ (uint)mask) : IpAddress.FromV6(address.Value ^ mask);
    }
}
