using System.Runtime.CompilerServices;
using Dataplane.Bench.Fixtures;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines;

public sealed class EbpfTablesTests : IDisposable
{
    private readonly AddressNames _names = new(AddressMap.Build([]));

    [Fact]
    public void Layouts_have_the_sizes_of_Cilium()
    {
        Assert.Equal(12, Unsafe.SizeOf<LbServiceKey>());
        Assert.Equal(12, Unsafe.SizeOf<LbService>());
        Assert.Equal(12, Unsafe.SizeOf<LbBackend>());
        Assert.Equal(6, Unsafe.SizeOf<LbReverseNat>());
        Assert.Equal(8, Unsafe.SizeOf<LbAffinityMatch>());
    }

    [Fact]
    public void Slot_0_counts_the_backends_and_the_slots_name_them_in_the_order_of_their_addresses()
    {
        EndpointSlice slice = Clusters.Slice("web", ["10.244.1.2", "10.244.1.1"]);
        EbpfTables tables = Compile(Clusters.Of(Clusters.Service("web", "10.96.0.10"), slice));

        LbService frontend = Slot(tables, "10.96.0.10", 80, 0);

        Assert.Equal((2, 0, 1), (frontend.Count, frontend.QuarantinedCount, frontend.ReverseNat));
        Assert.Equal(2u, Slot(tables, "10.96.0.10", 80, 1).BackendId);
        Assert.Equal(1u, Slot(tables, "10.96.0.10", 80, 2).BackendId);
        Assert.Equal(new EbpfBackend(IpAddress.Parse("10.244.1.1"), 8080, IpProtocol.Tcp), tables.BackendOf(2));
        Assert.Equal(IpAddress.Parse("10.96.0.10").V4, tables.ReverseNatEntry(1).Address);
        Assert.Equal("shop/web", tables.FrontendOf(1).Service.ToString());
        Assert.Equal([IpAddress.Parse("10.96.0.10")], tables.Frontends);
    }

    [Fact]
    public void Terminating_backends_stand_after_the_ready_ones_and_are_not_counted()
    {
        EndpointSlice slice = Clusters.Slice("web", []) with
        {
            Endpoints =
            [
                Clusters.Endpoint("10.244.1.1") with { Ready = false, Terminating = true },
                Clusters.Endpoint("10.244.1.2"),
            ],
        };
        EbpfTables tables = Compile(Clusters.Of(Clusters.Service("web", "10.96.0.10"), slice));

        LbService frontend = Slot(tables, "10.96.0.10", 80, 0);
        uint second = Slot(tables, "10.96.0.10", 80, 2).BackendId;

        Assert.Equal((1, 1), (frontend.Count, frontend.QuarantinedCount));
        Assert.Equal("10.244.1.1", tables.BackendOf(second).Address.ToString());
        Assert.Equal(LbBackendState.Terminating, tables.BackendEntry(second).State);
    }

    [Fact]
    public void Slices_are_merged_and_an_endpoint_in_two_of_them_counts_once()
    {
        EbpfTables tables = Compile(Clusters.Of(
            Clusters.Service("web", "10.96.0.10"),
            Clusters.Slice("web", ["10.244.1.1", "10.244.1.2"]),
            Clusters.Slice("web", ["10.244.1.2", "10.244.1.3"]),
            Clusters.Slice("other", ["10.244.1.4"])));

        Assert.Equal(["10.244.1.1", "10.244.1.2", "10.244.1.3"], BackendsOf(tables, "10.96.0.10", 80));
    }

    [Fact]
    public void Each_family_of_a_dual_stack_service_has_its_own_backends()
    {
        ClusterSnapshot cluster = Clusters.Of(
            Clusters.Service("web", "10.96.0.10", "fd00::10"),
            Clusters.Slice("web", ["10.244.1.1"]),
            Clusters.Slice("web", ["fd00:1::1", "fd00:1::2"]));
        EbpfTables tables = Compile(cluster);

        Assert.Equal([IpAddress.Parse("10.96.0.10"), IpAddress.Parse("fd00::10")], tables.Frontends);
        Assert.Equal(["10.244.1.1"], BackendsOf(tables, "10.96.0.10", 80));
        Assert.Equal(["fd00:1::1", "fd00:1::2"], BackendsOf(tables, "fd00::10", 80));
    }

    [Fact]
    public void Ports_are_matched_by_name_and_protocol()
    {
        Service service = Clusters.Service("dns", "10.96.0.10") with
        {
            Ports = [Clusters.Port("dns", 53, IpProtocol.Udp), Clusters.Port("dns-tcp", 53),
                Clusters.Port("metrics", 9153)],
        };
        EndpointSlice slice = Clusters.Slice("dns", ["10.244.1.1"]) with
        {
            Ports = [new EndpointPort("dns", IpProtocol.Udp, 5353), new EndpointPort("dns-tcp", IpProtocol.Tcp, 5354)],
        };
        EbpfTables tables = Compile(Clusters.Of(service, slice));

        Assert.Equal(5353, tables.BackendOf(Slot(tables, "10.96.0.10", 53, 1, IpProtocol.Udp).BackendId).Port);
        Assert.Equal(5354, tables.BackendOf(Slot(tables, "10.96.0.10", 53, 1).BackendId).Port);
        Assert.Equal(0, Slot(tables, "10.96.0.10", 9153, 0).Count);
    }

    [Fact]
    public void Without_any_slice_the_endpoints_are_the_running_pods_that_the_selector_finds()
    {
        Service service = Clusters.Service("web", "10.96.0.10") with
        {
            Selector = Clusters.Labels("web"),
            Ports = [Clusters.Port("http", 80, targetName: "http"), Clusters.Port("admin", 81)],
        };
        var cluster = new ClusterSnapshot
        {
            Services = [service],
            Pods =
            [
                Clusters.Pod("web-1", "10.244.1.1", "web", new ContainerPort("http", 8000, IpProtocol.Tcp)),
                Clusters.Pod("web-2", "10.244.1.2", "web"),
                Clusters.Pod("web-3", "10.244.1.3", "web") with { Phase = "Pending" },
                Clusters.Pod("db-1", "10.244.1.4", "db"),
            ],
        };
        EbpfTables tables = Compile(cluster);

        Assert.Equal(["10.244.1.1"], BackendsOf(tables, "10.96.0.10", 80));
        Assert.Equal(8000, tables.BackendOf(1).Port);
        Assert.Equal(["10.244.1.1", "10.244.1.2"], BackendsOf(tables, "10.96.0.10", 81));
        Assert.Contains("shop/web has no EndpointSlice", Assert.Single(tables.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void PublishNotReadyAddresses_makes_every_endpoint_usable()
    {
        Service service = Clusters.Service("web", "10.96.0.10") with { PublishNotReadyAddresses = true };
        EndpointSlice slice = Clusters.Slice("web", []) with
        {
            Endpoints = [Clusters.Endpoint("10.244.1.1") with { Ready = false, Serving = false }],
        };

        Assert.Equal(["10.244.1.1"], BackendsOf(Compile(Clusters.Of(service, slice)), "10.96.0.10", 80));
    }

    [Fact]
    public void Headless_and_ExternalName_services_have_no_frontend()
    {
        var cluster = new ClusterSnapshot
        {
            Services =
            [
                Clusters.Service("db") with { IsHeadless = true },
                Clusters.Service("mail") with { Type = ServiceType.ExternalName },
            ],
            EndpointSlices = [Clusters.Slice("db", ["10.244.1.1"])],
        };

        Assert.Equal(0, Compile(cluster).FrontendCount);
    }

    [Fact]
    public void A_frontend_that_two_services_claim_stays_with_the_first_and_is_noted()
    {
        var cluster = new ClusterSnapshot
        {
            Services = [Clusters.Service("web", "10.96.0.10"), Clusters.Service("copy", "10.96.0.10")],
            EndpointSlices = [Clusters.Slice("web", ["10.244.1.1"]), Clusters.Slice("copy", ["10.244.1.2"])],
        };
        EbpfTables tables = Compile(cluster);

        Assert.Equal(["10.244.1.1"], BackendsOf(tables, "10.96.0.10", 80));
        Assert.Equal(
            "cluster.yaml:1: Service shop/copy claims 10.96.0.10 port 80, which Service shop/web has (cluster.yaml:1); "
            + "the first one keeps it",
            Assert.Single(tables.Notes));
    }

    [Fact]
    public void A_table_size_that_Cilium_does_not_have_is_an_error_that_lists_the_known_ones()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => EbpfTables.Compile(
            ClusterSnapshot.Empty, _names, new EbpfOptions { Algorithm = LbAlgorithm.Maglev, MaglevSize = 1000 }));

        Assert.StartsWith("lb.maglevSize 1000", error.Message, StringComparison.Ordinal);
        Assert.Contains("16381", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Maglev_memory_is_a_table_for_each_frontend_that_has_backends()
    {
        ClusterSnapshot cluster = Clusters.Of(
            Clusters.Service("web", "10.96.0.10") with { Ports = [Clusters.Port("", 80), Clusters.Port("none", 81)] },
            Clusters.Slice("web", ["10.244.1.1", "10.244.1.2"]));

        using EbpfTables random = Compile(cluster);
        using EbpfTables maglev = EbpfTables.Compile(
            cluster, _names, new EbpfOptions { Algorithm = LbAlgorithm.Maglev, MaglevSize = 1021 });

        Assert.Equal(0, random.MaglevBytes);
        Assert.Equal(1021 * 4, maglev.MaglevBytes);
    }

    [Fact]
    public void Ten_thousand_services_of_ten_endpoints_take_less_than_64_MiB_with_node_ports_and_policies_Local()
    {
        ClusterSnapshot plain = new SampleCluster(nodes: 10, services: 10_000, endpoints: 10).Snapshot;
        using EbpfTables clusterIps = Compile(plain);
        using EbpfTables all = Compile(plain with
        {
            Services =
            [
                .. plain.Services.Select((service, index) => service with
                {
                    Type = ServiceType.LoadBalancer,
                    ExternalTrafficPolicy = index % 10 == 0 ? TrafficPolicy.Local : TrafficPolicy.Cluster,
                    LoadBalancerIps = [IpAddress.FromV4(0xCB00_0000 + (uint)index)],
                    Ports = [.. service.Ports.Select(port => port with { NodePort = (ushort)(20_000 + index) })],
                }),
            ],
        });

        Assert.Equal(10_000, clusterIps.FrontendCount);
        Assert.True(all.FrontendCount > 30_000, $"{all.FrontendCount} frontends");
        Assert.InRange(clusterIps.Size, 1, 16 << 20);
        Assert.InRange(all.Size, clusterIps.Size, 64 << 20);
    }

    public void Dispose() => _names.Dispose();

    private EbpfTables Compile(ClusterSnapshot cluster) => EbpfTables.Compile(cluster, _names, EbpfOptions.Default);

    private string[] BackendsOf(EbpfTables tables, string frontend, ushort port) =>
    [
        .. Enumerable.Range(1, Slot(tables, frontend, port, 0).Count)
            .Select(slot => tables.BackendOf(Slot(tables, frontend, port, (ushort)slot).BackendId).Address.ToString()),
    ];

    private LbService Slot(EbpfTables tables, string frontend, ushort port, ushort slot, byte protocol = IpProtocol.Tcp)
    {
        IpAddress address = IpAddress.Parse(frontend);
        uint name = address.IsV4 ? address.V4 : _names.NameOf(address);
        var key = new LbServiceKey(name, port, protocol, (byte)address.Family, slot);
        Assert.True(
            tables.TryGetService(in key, out LbService service), $"{frontend}:{port} slot {slot} is not in the map");
        return service;
    }
}
