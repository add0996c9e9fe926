using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

public class IpvsTablesTests
{
    [Fact]
    public void Address_port_protocol_and_family_all_must_fit()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1"));
        FlowKey key = lab.Key("10.244.9.9", 1);

        Assert.Equal(ServiceOutcome.Backend, lab.Ask(in key).Outcome);
        Assert.Equal(ServiceOutcome.NotService, lab.Ask(key with { DestinationPort = 81 }).Outcome);
        Assert.Equal(ServiceOutcome.NotService, lab.Ask(key with { Destination = key.Destination + 1 }).Outcome);
        Assert.Equal(ServiceOutcome.NotService, lab.Ask(key with { Protocol = IpProtocol.Udp }).Outcome);
        Assert.Equal(ServiceOutcome.NotService, lab.Ask(key with { Family = 6, Destination = 0 }).Outcome);
    }

    [Fact]
    public void A_service_without_servers_has_no_backend()
    {
        foreach (string scheduler in IpvsSchedulerNames.All)
        {
            using var lab = new IpvsLab(IpvsLab.Service(scheduler, ""));

            Assert.Equal(ServiceOutcome.NoBackend, lab.Ask(lab.Key("10.244.9.9", 1)).Outcome);
            Assert.Equal(0, lab.Serve(lab.Key("10.244.9.9", 1)));
        }
    }

    /// <summary>
    /// 256 buckets, keyed by protocol ^ address ^ port: addresses 256 apart share one, and the last added is first.
    /// </summary>
    [Fact]
    public void With_the_kernel_s_256_buckets_services_queue_up_in_chains()
    {
        using IpvsTables tables = Many(
            10_000, new IpvsOptions { ServiceTableBits = IpvsOptions.KernelServiceTableBits });
        using IpvsTables grown = Many(10_000, IpvsOptions.Default);

        Assert.Equal((256u, 16384u), (tables.Buckets, grown.Buckets));
        Assert.Equal((1, 39), (Probes(tables, 9_990), Probes(tables, 262)));
        Assert.Equal(1, Enumerable.Range(0, 10_000).Max(number => Probes(grown, number)));
        Assert.Contains(
            "16384 buckets for 10000 virtual services", Assert.Single(grown.Notes), StringComparison.Ordinal);
        Assert.Empty(tables.Notes);
    }

    [Fact]
    public void Every_one_of_many_services_is_found()
    {
        foreach (int bits in new[] { 0, 8 })
        {
            using IpvsTables tables = Many(3_000, new IpvsOptions { ServiceTableBits = bits });

            Assert.All(Enumerable.Range(0, 3_000),
                number => Assert.Equal((uint)number + 1, tables.FindService(KeyOf(number))));
            Assert.Equal(0u, tables.FindService(KeyOf(3_001)));
        }
    }

    [Fact]
    public void Memory_is_16_bytes_a_bucket_64_a_service_and_32_a_server()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3"));

        Assert.Equal(16 * (256 + 1) + 64 * (1 + 1) + 32 * (3 + 1), lab.Tables.Size);
        Assert.Equal(0, lab.Tables.HashTableBytes);
    }

    /// <summary>
    /// The least of three rounds: the runtime itself allocates a little while it compiles again what is hot.
    /// </summary>
    [Fact]
    public void Look_ups_and_connections_allocate_nothing()
    {
        foreach (string scheduler in IpvsSchedulerNames.All)
        {
            using var lab = new IpvsLab(IpvsLab.Service(scheduler, "1 2:2 3:3", "-p 100"));
            using var plain = new IpvsLab(IpvsLab.Service(scheduler, "1 2:2 3:3"));
            var persistent = new IpvsLookup(lab.Tables);
            var engine = new IpvsLookup(plain.Tables);
            FlowKey key = lab.Key("10.244.9.9", 1);
            Use(engine, plain.State, key);
            Use(persistent, lab.State, key);

            long least = long.MaxValue;
            for (ushort round = 0; round < 3; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (ushort port = 2; port < 900; port++)
                {
                    key.SourcePort = (ushort)(port + round * 1000);
                    Use(engine, plain.State, key);
                    Use(persistent, lab.State, key);
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.Equal((scheduler, 0), (scheduler, least));
        }
    }

    private static void Use(IpvsLookup engine, IpvsState state, in FlowKey key)
    {
        engine.Prefetch(in key);
        state.Advance(key.SourcePort);
        state.Receive(in key, TcpStates.Syn, 0, conntrackIsOld: false, key.SourcePort, out _);
        ServiceVerdict verdict = engine.Lookup(in key, state, key.SourcePort);
        uint connection = state.Commit(in key, in verdict, TcpStates.Syn, 0, key.SourcePort);
        state.Transit(connection, IpvsDirection.Input, TcpStates.Ack, 0, key.SourcePort);
    }

    private static IpvsTables Many(int count, IpvsOptions options) => IpvsTables.Compile(
        Enumerable.Range(0, count).Select(number => new IpvsVirtualServer(AddressOf(number), 80, IpProtocol.Tcp)),
        new AddressNames(AddressMap.Build([])),
        options);

    private static IpAddress AddressOf(int number) => IpAddress.Parse("10.96.0.0").Plus((uint)number);

    private static FlowKey KeyOf(int number) => new()
    {
        Destination = AddressOf(number).V4,
        DestinationPort = 80,
        Protocol = IpProtocol.Tcp,
        Family = 4,
    };

    private static int Probes(IpvsTables tables, int number) => tables.CountProbes(KeyOf(number));
}
