using Dataplane.Core;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Core;

public sealed class ConnectionTableTests
{
    private const long Never = long.MaxValue;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_additions_and_removals_find_what_a_dictionary_finds(int seed)
    {
        using var table = new ConnectionTable();
        var random = new Random(seed);
        Dictionary<FlowKey, uint> model = [];
        List<FlowKey> keys = [];

        for (int step = 0; step < 60_000; step++)
        {
            if (keys.Count == 0 || random.Next(5) < 3)
            {
                FlowKey key = Key(random);
                if (model.ContainsKey(key) || model.ContainsKey(key.Reversed())) continue;

                Assert.True(table.TryAdd(Connection(key, Never), now: step, out uint entry));
                model[key] = entry << 1;
                model[key.Reversed()] = entry << 1 | 1;
                keys.Add(key);
                continue;
            }

            int index = random.Next(keys.Count);
            FlowKey gone = keys[index];
            table.Remove(model[gone] >> 1);
            model.Remove(gone);
            model.Remove(gone.Reversed());
            keys[index] = keys[^1];
            keys.RemoveAt(keys.Count - 1);
            Assert.Equal(0u, table.Find(gone));
        }

        Assert.Equal(keys.Count, table.Count);
        Assert.All(model, expected => Assert.Equal(expected.Value, table.Find(expected.Key)));
    }

    [Fact]
    public void A_removal_in_a_run_of_neighbours_leaves_every_other_one_to_be_found()
    {
        using var table = new ConnectionTable();
        List<FlowKey> neighbours = [.. KeysOfOneSlot(count: 8)];
        List<uint> entries = [];
        foreach (FlowKey key in neighbours)
        {
            Assert.True(table.TryAdd(Connection(key, Never), 0, out uint entry));
            entries.Add(entry);
        }

        for (int removed = 0; removed < neighbours.Count; removed += 2) table.Remove(entries[removed]);

        for (int index = 0; index < neighbours.Count; index++)
        {
            Assert.Equal(index % 2 == 0 ? 0 : entries[index] << 1, table.Find(neighbours[index]));
        }
    }

    [Fact]
    public void The_table_grows_and_entries_keep_their_numbers()
    {
        using var table = new ConnectionTable();
        long memory = table.MemorySize;
        List<uint> entries = [];
        for (int flow = 0; flow < 50_000; flow++)
        {
            Assert.True(table.TryAdd(Connection(Key(flow), Never), flow, out uint entry));
            entries.Add(entry);
        }

        Assert.Equal(50_000, table.Count);
        Assert.Equal(50_000, table.Created);
        Assert.True(table.MemorySize > 4 * memory);
        for (int flow = 0; flow < entries.Count; flow++) Assert.Equal(entries[flow] << 1, table.Find(Key(flow)));
    }

    [Fact]
    public void A_candidate_is_the_connection_unless_two_hashes_are_the_same()
    {
        using var table = new ConnectionTable();
        for (int flow = 0; flow < 1000; flow++) table.TryAdd(Connection(Key(flow), Never), flow, out _);

        for (int flow = 0; flow < 1000; flow++)
        {
            FlowKey key = Key(flow);
            uint candidate = table.FindCandidate(key.Hash());
            Assert.Equal(table.Find(key) == candidate, table.Matches(candidate, in key));
            Assert.NotEqual(0u, candidate);
        }
    }

    [Fact]
    public void Expired_connections_make_room_before_memory_does()
    {
        const long second = 1_000_000_000;
        using var table = new ConnectionTable();
        long memory = table.MemorySize;

        for (int flow = 0; flow < 100_000; flow++)
        {
            long now = flow * second;
            Assert.True(table.TryAdd(Connection(Key(flow), now + (10 * second)), now, out _));
        }

        Assert.Equal(memory, table.MemorySize);
        Assert.Equal(0u, table.Find(Key(0)));
        Assert.NotEqual(0u, table.Find(Key(99_999)));
    }

    [Fact]
    public void At_its_limit_the_table_takes_a_connection_only_when_one_has_expired()
    {
        const long minute = 60_000_000_000;
        using var table = new ConnectionTable(limit: 10);
        for (int flow = 0; flow < 10; flow++)
            Assert.True(table.TryAdd(Connection(Key(flow), expires: minute), 0, out _));

        Assert.False(table.TryAdd(Connection(Key(10), Never), now: 1, out uint refused));
        Assert.Equal(0u, refused);
        Assert.True(table.TryAdd(Connection(Key(10), Never), now: 2 * minute, out _));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void A_table_that_is_at_its_limit_again_and_again_does_not_grow()
    {
        const long second = 1_000_000_000;
        using var table = new ConnectionTable(limit: 100);
        long memory = table.MemorySize;

        for (int flow = 0; flow < 10_000; flow++)
        {
            long now = flow * second;
            Assert.True(table.TryAdd(Connection(Key(flow), now + (50 * second)), now, out _));
        }

        Assert.Equal(memory, table.MemorySize);
    }

    [Fact]
    public void A_removed_connection_makes_room_under_the_limit()
    {
        using var table = new ConnectionTable(limit: 2);
        table.TryAdd(Connection(Key(1), Never), 0, out uint first);
        table.TryAdd(Connection(Key(2), Never), 0, out _);

        table.Remove(first);

        Assert.True(table.TryAdd(Connection(Key(3), Never), 0, out _));
        Assert.False(table.TryAdd(Connection(Key(4), Never), 0, out _));
    }

    private static Connection Connection(FlowKey key, long expires) =>
        new() { Original = key, Reply = key.Reversed(), Expires = expires };

    private static FlowKey Key(int flow) => new()
    {
        Source = 0x0AF4_0000u + (uint)flow,
        Destination = 0x0A60_000A,
        SourcePort = (ushort)(flow * 7),
        DestinationPort = 80,
        Protocol = IpProtocol.Tcp,
        Family = 4,
    };

    // Few addresses and ports, so that additions meet removals.
    private static FlowKey Key(Random random) => new()
    {
        Source = (uint)random.Next(1, 300),
        Destination = (uint)random.Next(1000, 1004),
        SourcePort = (ushort)random.Next(1, 50),
        DestinationPort = 80,
        Protocol = random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
        Family = 4,
        Zone = (ushort)random.Next(2),
    };

    // Homes that differ by less than the run is long: a deletion has to move what follows.
    private static IEnumerable<FlowKey> KeysOfOneSlot(int count)
    {
        const uint oneOfSlots = uint.MaxValue / 4096;
        return Enumerable.Range(0, 2_000_000).Select(Key).Where(key => key.Hash() < 2 * oneOfSlots).Take(count);
    }
}
