using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

public class HashSchedulerTests
{
    /// <summary>hash_32(v, 8) = v × 0x61C88647 mod 2^32, its upper 8 bits.</summary>
    [Theory]
    [InlineData("10.0.0.1", 39u)]
    [InlineData("10.244.1.5", 115u)]
    [InlineData("192.168.1.100", 89u)]
    public void Sh_finds_the_kernel_s_bucket_of_a_client(string client, uint bucket) =>
        Assert.Equal(bucket, IpvsHashTables.HashSlot(IpAddress.Parse(client).V4, port: 0, offset: 0));

    /// <summary>
    /// SipHash-1-3 of four bytes under a key of two words, as a plain implementation of its authors' paper gives it.
    /// </summary>
    [Theory]
    [InlineData(0x0AF40105u, 2654435761ul)]
    [InlineData(0x00001F90u, 2654446892ul)]
    [InlineData(0u, 0ul)]
    public void Mh_hashes_with_SipHash_1_3(uint value, ulong key) =>
        Assert.Equal(SipHash13.Hash(BitConverter.GetBytes(value), key, key), HalfSipHash.Hash(value, key, key));

    /// <summary>
    /// Weights 1, 2, 0 (added in this order, so listed 0, 2, 1): each its weight in a row, and weight 0 one entry.
    /// </summary>
    [Fact]
    public void Sh_fills_its_256_buckets_by_weight()
    {
        using var lab = new IpvsLab(IpvsLab.Service("sh", "1:1 2:2 3:0"));

        Assert.Equal([1u, 2, 2, 3, 1, 2, 2, 3], lab.Tables.HashTableOf(1)[..8].ToArray());
        Assert.Equal(256, lab.Tables.HashTableOf(1).Length);
        Assert.Equal(3, (int)(lab.Tables.RealServerOf(1).Address.V4 & 0xFF));
    }

    [Fact]
    public void Dh_fills_its_buckets_in_turn_whatever_the_weights()
    {
        using var lab = new IpvsLab(IpvsLab.Service("dh", "1:1 2:9 3:4"));

        Assert.Equal([1u, 2, 3, 1, 2, 3], lab.Tables.HashTableOf(1)[..6].ToArray());
    }

    [Fact]
    public void Sh_and_mh_keep_a_client_on_its_server_and_with_the_port_flag_they_do_not()
    {
        foreach (string scheduler in new[] { "sh", "mh" })
        {
            using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1 2 3 4"));
            using var byPort = new IpvsLab(IpvsLab.Service(scheduler, "1 2 3 4", $"-b {scheduler}-port"));

            Assert.Single(lab.Sequence(50).Split(' ').Distinct());
            Assert.Equal(4, byPort.Sequence(50).Split(' ').Distinct().Count());
        }
    }

    /// <summary>Client 10.0.0.1 is in bucket 39, which with two servers (listed 2, 1) is the second one's: 1.</summary>
    [Fact]
    public void Sh_without_fallback_refuses_what_its_drained_server_would_get()
    {
        using var plain = new IpvsLab(IpvsLab.Service("sh", "1:0 2"));
        using var fallback = new IpvsLab(IpvsLab.Service("sh", "1:0 2", "-b sh-fallback"));

        Assert.Equal(0, plain.Serve(plain.Key("10.0.0.1", 1)));
        Assert.Equal(2, fallback.Serve(fallback.Key("10.0.0.1", 1)));
    }

    [Fact]
    public void Mh_with_fallback_finds_another_server_for_what_a_full_one_would_get()
    {
        using var plain = new IpvsLab(IpvsLab.Service("mh", "1:1/-x/1 2"));
        using var fallback = new IpvsLab(IpvsLab.Service("mh", "1:1/-x/1 2", "-b mh-fallback"));
        string[] clients = [.. Enumerable.Range(1, 60).Select(number => $"10.0.0.{number}")];

        int[] served = [.. clients.Select(client => plain.Serve(plain.Key(client, 1)))];
        int[] withFallback = [.. clients.Select(client => fallback.Serve(fallback.Key(client, 1)))];

        Assert.Equal((1, true, true), (served.Count(server => server == 1), served.Contains(0), served.Contains(2)));
        Assert.Equal((1, 59), (withFallback.Count(server => server == 1), withFallback.Count(server => server == 2)));
    }

    /// <summary>Turns of weight/divisor: 1 and 3 fill 4093 entries in rounds of 4, each to within one round.</summary>
    [Fact]
    public void Mh_spreads_its_4093_entries_by_weight()
    {
        using var lab = new IpvsLab(IpvsLab.Service("mh", "1:2 2:6"));
        uint[] table = lab.Tables.HashTableOf(1).ToArray();

        Assert.Equal(4093, table.Length);
        Assert.InRange(table.Count(entry => entry == 2), 4093 / 4 - 1, 4093 / 4 + 1);
        Assert.InRange(table.Count(entry => entry == 1), 4093 * 3 / 4 - 3, 4093 * 3 / 4 + 3);
    }

    [Fact]
    public void Mh_moves_few_entries_of_the_others_when_one_of_ten_servers_goes()
    {
        using var lab = new IpvsLab(IpvsLab.Service("mh", "1 2 3 4 5 6 7 8 9 10"));
        int[] before = Servers(lab);
        lab.Change(IpvsLab.Service("mh", "1 2 3 4 5 6 7 8 9"));
        int[] after = Servers(lab);

        int moved = Enumerable.Range(0, before.Length).Count(slot => before[slot] != 10 && before[slot] != after[slot]);
        Assert.InRange(moved, 1, before.Length / 10);
    }

    [Fact]
    public void Mh_keeps_the_table_of_a_server_that_drains()
    {
        IpvsRealServer drained = new(IpAddress.Parse("10.244.1.1"), 8080) { Weight = 0, LastWeight = 1 };
        IpvsRealServer other = new(IpAddress.Parse("10.244.1.2"), 8080);
        var service = new IpvsVirtualServer(IpAddress.Parse("10.96.0.80"), 80, IpProtocol.Tcp)
        {
            Scheduler = IpvsScheduler.MaglevHash,
            RealServers = [drained, other],
        };
        using var names = new AddressNames(AddressMap.Build([]));
        using IpvsTables draining = IpvsTables.Compile([service], names, IpvsOptions.Default);
        using IpvsTables whole = IpvsTables.Compile(
            [service with { RealServers = [drained with { Weight = 1 }, other] }], names, IpvsOptions.Default);

        Assert.Equal(whole.HashTableOf(1).ToArray(), draining.HashTableOf(1).ToArray());
    }

    /// <summary>
    /// A million flows over four servers of one weight: mh's table is even to 1 in 4093, so flows are to within 2%.
    /// </summary>
    [Theory]
    [InlineData("mh", "mh-port", 0.02)]
    [InlineData("sh", "sh-port", 0.02)]
    public void A_million_flows_are_spread_evenly(string scheduler, string flag, double tolerance)
    {
        using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1 2 3 4", $"-b {flag}"));
        var engine = new IpvsLookup(lab.Tables);
        FlowKey key = lab.Key("10.0.0.0", 1);
        uint seed = key.Source;
        int[] counts = new int[5];
        for (int flow = 0; flow < 1_000_000; flow++)
        {
            key.Source = seed + (uint)flow / 200;
            key.SourcePort = (ushort)(20000 + flow % 200 * 131);
            counts[engine.Lookup(in key, lab.State, 0).Backend]++;
        }

        Assert.Equal(0, counts[0]);
        Assert.All(
            counts.Skip(1), count => Assert.InRange(count, 250_000 * (1 - tolerance), 250_000 * (1 + tolerance)));
    }

    private static int[] Servers(IpvsLab lab) =>
        [.. lab.Tables.HashTableOf(1).ToArray()
            .Select(entry => (int)(lab.Tables.RealServerOf(entry).Address.V4 & 0xFF))];
}
