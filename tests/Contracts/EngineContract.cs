using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Tests.Engines;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Contracts;

/// <summary>What every service engine must do, however it looks Services up.</summary>
public abstract class EngineContract<TEngine> : IDisposable
    where TEngine : struct, IServiceEngine
{
    private const int Flows = 30_000;
    private const int Clients = 20;

    protected const long Second = 1_000_000_000;

    private static readonly AddressMap Nowhere = AddressMap.Build([]);

    private readonly AddressNames _names = new(Nowhere);
    private readonly AffinityMap _affinity = new();
    private readonly List<IDisposable> _owned = [];

    public static TheoryData<string, string> Families => new()
    {
        { "10.96.0.10", "10.244.1." },
        { "fd00:10:96::a", "fd00:10:244::" },
    };

    protected AddressNames Names => _names;

    protected AffinityMap Affinity => _affinity;

    /// <summary>Where a Service has affinity, a client that is forgotten comes to the same backend again.</summary>
    protected virtual bool ChoosesByClient => false;

    protected abstract TEngine Compile(ClusterSnapshot snapshot, AddressNames names);

    /// <summary>Lives as long as the test.</summary>
    protected T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Rules' questions about a cluster of which nothing is known but its Services.</summary>
    protected RuleQuery Questions(AddressNames names)
    {
        var topology = new Topology
        {
            Map = Nowhere,
            Names = names,
            Nodes = Own(new NativeArray<NodeEntry>(1)),
            Peers = Own(new NativeArray<PeerEntry>(1)),
            Endpoints = Own(new NativeArray<EndpointEntry>(1)),
            NodeAddresses = Own(new NativeArray<NodeAddress>(1)),
            ClusterNetwork = new PrefixTest([]),
        };
        return new RuleQuery(topology, bridge: 1, underlay: 2, tunnel: 3, loopback: 4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_only_backend_is_chosen(string frontend, string pods)
    {
        TEngine engine = Compile(
            Clusters.Of(Clusters.Service("web", frontend), Clusters.Slice("web", [pods + "7"])), _names);

        ServiceVerdict verdict = Ask(engine, Client(frontend, 1), frontend, 80);

        Assert.Equal(ServiceOutcome.Backend, verdict.Outcome);
        Assert.Equal(Name(pods + "7"), verdict.BackendAddress);
        Assert.Equal(8080, verdict.BackendPort);
        Assert.NotEqual(0u, verdict.Service);
        Assert.Equal(0, verdict.AffinityTimeout);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_ready_backend_is_chosen_equally_often_and_no_other_is(string frontend, string pods)
    {
        EndpointSlice slice = Clusters.Slice("web", [pods + "1", pods + "2", pods + "3"]) with
        {
            Endpoints =
            [
                Clusters.Endpoint(pods + "1"),
                Clusters.Endpoint(pods + "2"),
                Clusters.Endpoint(pods + "3"),
                Clusters.Endpoint(pods + "8") with { Ready = false, Serving = false },
                Clusters.Endpoint(pods + "9") with { Ready = false, Serving = true, Terminating = true },
            ],
        };
        TEngine engine = Compile(Clusters.Of(Clusters.Service("web", frontend), slice), _names);

        Dictionary<uint, int> chosen = Spread(engine, frontend);

        Assert.Equal(
            new[] { pods + "1", pods + "2", pods + "3" }.Select(Name).Order(), chosen.Keys.Order());
        Assert.All(chosen.Values, count => Assert.InRange(count, Flows / 3 * 0.95, Flows / 3 * 1.05));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Without_ready_backends_the_ones_that_serve_while_terminating_are_used(string frontend, string pods)
    {
        EndpointSlice slice = Clusters.Slice("web", []) with
        {
            Endpoints =
            [
                Clusters.Endpoint(pods + "1") with { Ready = false, Serving = true, Terminating = true },
                Clusters.Endpoint(pods + "2") with { Ready = false, Serving = false, Terminating = true },
                Clusters.Endpoint(pods + "3") with { Ready = false, Serving = true, Terminating = false },
            ],
        };
        TEngine engine = Compile(Clusters.Of(Clusters.Service("web", frontend), slice), _names);

        Assert.Equal([Name(pods + "1")], Spread(engine, frontend).Keys);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_frontend_without_backends_is_a_service_without_backend(string frontend, string pods)
    {
        TEngine engine = Compile(
            Clusters.Of(Clusters.Service("web", frontend), Clusters.Slice("other", [pods + "1"])), _names);

        ServiceVerdict verdict = Ask(engine, Client(frontend, 1), frontend, 80);

        Assert.Equal(ServiceOutcome.NoBackend, verdict.Outcome);
        Assert.NotEqual(0u, verdict.Service);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Other_addresses_ports_and_protocols_are_no_service(string frontend, string pods)
    {
        TEngine engine = Compile(
            Clusters.Of(Clusters.Service("web", frontend), Clusters.Slice("web", [pods + "1"])), _names);

        Assert.Equal(ServiceOutcome.Backend, Ask(engine, Client(frontend, 1), frontend, 80).Outcome);
        Assert.Equal(ServiceOutcome.NotService, Ask(engine, Client(frontend, 1), pods + "1", 80).Outcome);
        Assert.Equal(ServiceOutcome.NotService, Ask(engine, Client(frontend, 1), frontend, 81).Outcome);
        Assert.Equal(ServiceOutcome.NotService, Ask(engine, Client(frontend, 1), frontend, 80, IpProtocol.Udp).Outcome);
        Assert.Equal(
            ServiceOutcome.NotService, Ask(engine, Client(frontend, 1), frontend, 80, IpProtocol.Icmp).Outcome);
    }

    [Fact]
    public void A_name_of_an_IPv6_address_is_not_the_IPv4_address_with_that_number()
    {
        TEngine engine = Compile(
            Clusters.Of(Clusters.Service("web", "fd00::10"), Clusters.Slice("web", ["fd00::1"])), _names);
        FlowKey key = Key(Client("fd00::10", 1), "fd00::10", 80, IpProtocol.Tcp);
        FlowKey sameNumbers = key with { Family = 4 };
        var draw = new Draw(1);

        Assert.Equal(ServiceOutcome.Backend, engine.Lookup(Syn(in key), State(0), ref draw).Outcome);
        Assert.Equal(ServiceOutcome.NotService, engine.Lookup(Syn(in sameNumbers), State(0), ref draw).Outcome);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_same_question_has_the_same_answer(string frontend, string pods)
    {
        TEngine engine = Compile(
            Clusters.Of(Clusters.Service("web", frontend), Clusters.Slice("web", [pods + "1", pods + "2", pods + "3"])),
            _names);

        for (int flow = 0; flow < 100; flow++)
        {
            ServiceVerdict first = Ask(engine, Client(frontend, flow), frontend, 80, seed: (ulong)flow);
            ServiceVerdict second = Ask(engine, Client(frontend, flow), frontend, 80, seed: (ulong)flow);
            Assert.Equal(first, second);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Affinity_holds_from_connection_to_connection_and_its_timeout_ends_it(string frontend, string pods)
    {
        TEngine engine = Compile(Sticky(frontend, pods), _names);
        uint[] first = Connect(engine, frontend, now: 0);

        Assert.Equal(first, Connect(engine, frontend, now: 99 * Second));
        Assert.Equal(first, Connect(engine, frontend, now: 198 * Second));
        Assert.Equal(ChoosesByClient, first.SequenceEqual(Connect(engine, frontend, now: 300 * Second)));
    }

    /// <summary>
    /// The least of three: what a thread has left of its 8 KiB when a collection begins counts as allocated.
    /// </summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void A_look_up_allocates_nothing(string frontend, string pods)
    {
        Service service = Clusters.Service("web", frontend) with { AffinitySeconds = 100 };
        TEngine engine = Compile(Clusters.Of(service, Clusters.Slice("web", [pods + "1", pods + "2"])), _names);
        FlowKey known = Key(Client(frontend, 1), frontend, 80, IpProtocol.Tcp);
        FlowKey unknown = Key(Client(frontend, 1), frontend, 81, IpProtocol.Tcp);
        var draw = new Draw(1);
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3 && least != 0; attempt++)
        {
            engine.Lookup(Syn(in known), State(0), ref draw);
            engine.Lookup(Syn(in unknown), State(0), ref draw);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < 10_000; round++)
            {
                engine.Lookup(Syn(in known), State(round), ref draw);
                engine.Lookup(Syn(in unknown), State(round), ref draw);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
        _names.Dispose();
        _affinity.Dispose();
        GC.SuppressFinalize(this);
    }

    private Dictionary<uint, int> Spread(TEngine engine, string frontend)
    {
        var chosen = new Dictionary<uint, int>();
        var draw = new Draw(7);
        for (int flow = 0; flow < Flows; flow++)
        {
            FlowKey key = Key(Client(frontend, flow / 100), frontend, 80, IpProtocol.Tcp) with
            {
                SourcePort = (ushort)(32768 + flow % 100),
            };
            ServiceVerdict verdict = engine.Lookup(Syn(in key), State(0), ref draw);
            Assert.Equal(ServiceOutcome.Backend, verdict.Outcome);
            engine.Commit(Syn(in key), in verdict, State(0));
            chosen[verdict.BackendAddress] = chosen.GetValueOrDefault(verdict.BackendAddress) + 1;
        }

        return chosen;
    }

    protected ServiceVerdict Ask(
        TEngine engine, string client, string frontend, ushort port, byte protocol = IpProtocol.Tcp, ulong seed = 1)
    {
        FlowKey key = Key(client, frontend, port, protocol);
        var draw = new Draw(seed);
        return engine.Lookup(Syn(in key), State(0), ref draw);
    }

    /// <summary>One connection of each of many clients; gives the backend of each.</summary>
    private uint[] Connect(TEngine engine, string frontend, long now)
    {
        var draw = new Draw((ulong)now + 1);
        uint[] backends = new uint[Clients];
        for (int client = 0; client < Clients; client++)
        {
            FlowKey key = Key(Client(frontend, client), frontend, 80, IpProtocol.Tcp) with
            {
                SourcePort = (ushort)(40000 + now / Second),
            };
            ServiceVerdict verdict = engine.Lookup(Syn(in key), State(now), ref draw);
            if (verdict.AffinityTimeout > 0)
                _affinity.Remember(in key, verdict.Service, verdict.Backend, now, verdict.AffinityTimeout);
            engine.Commit(Syn(in key), in verdict, State(now));
            backends[client] = verdict.BackendAddress;
        }

        return backends;
    }

    protected static ServiceQuery Syn(in FlowKey key) => new(in key) { TcpFlags = (byte)TcpFlags.Syn, Length = 40 };

    /// <summary>A Service with nine endpoints and 100 s of affinity.</summary>
    protected static ClusterSnapshot Sticky(string frontend, string pods) => Clusters.Of(
        Clusters.Service("web", frontend) with { AffinitySeconds = 100 },
        Clusters.Slice("web", [.. Enumerable.Range(1, 9).Select(number => pods + number)]));

    protected ServiceState State(long now) => new(now, _affinity);

    protected FlowKey Key(string client, string frontend, ushort port, byte protocol) => new()
    {
        Source = Name(client),
        Destination = Name(frontend),
        SourcePort = 40000,
        DestinationPort = port,
        Protocol = protocol,
        Family = (byte)IpAddress.Parse(client).Family,
    };

    protected uint Name(string address)
    {
        IpAddress parsed = IpAddress.Parse(address);
        return parsed.IsV4 ? parsed.V4 : _names.NameOf(parsed);
    }

    protected static string Client(string frontend, int number) =>
        IpAddress.Parse(frontend.Contains(':') ? "fd00:10:244:2::" : "10.244.2.0").Plus((uint)number).ToString();
}
