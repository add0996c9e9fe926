using Dataplane.Pipeline;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

public sealed class IdCountersTests
{
    [Fact]
    public void A_pair_of_nodes_counts_on_by_one_and_round_the_end()
    {
        var ids = new IdCounters(seed: 1);
        ushort last = ids.Next(1, 2, IpProtocol.Udp);

        for (int packet = 0; packet < 100_000; packet++)
        {
            ushort next = ids.Next(1, 2, IpProtocol.Udp);
            Assert.Equal((ushort)(last + 1), next);
            last = next;
        }
    }

    [Fact]
    public void Pairs_directions_and_protocols_start_at_different_numbers()
    {
        var ids = new IdCounters(seed: 1);
        ushort[] first =
        [
            ids.Next(1, 2, IpProtocol.Udp), ids.Next(2, 1, IpProtocol.Udp), ids.Next(1, 2, IpProtocol.Icmp), ids.Next(
                1, 3, IpProtocol.Udp),
        ];

        Assert.Equal(first.Length, first.Distinct().Count());
    }

    [Fact]
    public void The_same_seed_gives_the_same_ids_and_another_one_others()
    {
        Assert.Equal(First(1), First(1));
        Assert.NotEqual(First(1), First(2));
    }

    private static ushort[] First(uint seed)
    {
        var ids = new IdCounters(seed);
        return [.. Enumerable.Range(0, 8).Select(pair => ids.Next((uint)pair, 9, IpProtocol.Udp))];
    }
}
