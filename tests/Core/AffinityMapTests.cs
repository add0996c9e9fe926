using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Core;

public sealed class AffinityMapTests : IDisposable
{
    private const long Timeout = 100;

    private readonly AffinityMap _map = new();

    [Fact]
    public void A_client_is_remembered_until_the_timeout_after_its_last_use()
    {
        FlowKey client = Client(1);
        _map.Remember(in client, service: 7, backend: 3, now: 0, Timeout);
        _map.Remember(in client, service: 7, backend: 3, now: 50, Timeout);

        Assert.True(_map.TryGet(in client, 7, now: 149, Timeout, out uint backend));
        Assert.Equal(3u, backend);
        Assert.False(_map.TryGet(in client, 7, now: 150, Timeout, out _));
        Assert.Equal(1, _map.Count);
    }

    [Fact]
    public void Clients_services_families_and_nodes_are_kept_apart()
    {
        FlowKey client = Client(1);
        _map.Remember(in client, service: 7, backend: 3, now: 0, Timeout);

        FlowKey otherClient = Client(2);
        FlowKey otherFamily = client with { Family = 6 };
        FlowKey otherNode = client with { Zone = 1 };

        Assert.False(_map.TryGet(in otherClient, 7, 0, Timeout, out _));
        Assert.False(_map.TryGet(in otherFamily, 7, 0, Timeout, out _));
        Assert.False(_map.TryGet(in otherNode, 7, 0, Timeout, out _));
        Assert.False(_map.TryGet(in client, 8, 0, Timeout, out _));
        Assert.True(_map.TryGet(in client, 7, 0, Timeout, out _));
    }

    [Fact]
    public void A_hundred_thousand_clients_are_all_remembered()
    {
        const int Clients = 100_000;
        for (uint number = 0; number < Clients; number++)
        {
            FlowKey client = Client(number);
            _map.Remember(in client, service: 1, backend: number + 1, now: 0);
        }

        Assert.Equal(Clients, _map.Count);
        for (uint number = 0; number < Clients; number++)
        {
            FlowKey client = Client(number);
            Assert.True(_map.TryGet(in client, 1, 0, Timeout, out uint backend));
            Assert.Equal(number + 1, backend);
        }
    }

    [Fact]
    public void Clients_whose_timeout_has_passed_make_room_for_new_ones()
    {
        const int Clients = 100_000;
        for (uint number = 0; number < Clients; number++)
        {
            FlowKey client = Client(number);
            _map.Remember(in client, service: 1, backend: 1, now: number, Timeout);
        }

        Assert.InRange(_map.Count, (int)Timeout, 1024);
    }

    [Fact]
    public void Neither_asking_nor_remembering_allocates_managed_memory()
    {
        FlowKey client = Client(1);
        _map.Remember(in client, 1, 1, 0, Timeout);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint number = 0; number < 400; number++)
        {
            client.Source = number;
            _map.Remember(in client, 1, 1, 0, Timeout);
            _map.TryGet(in client, 1, 0, Timeout, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose() => _map.Dispose();

    private static FlowKey Client(uint number) => new() { Source = number, Family = 4 };
}
