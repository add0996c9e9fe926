using System.Reflection;
using System.Runtime.CompilerServices;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Contracts;

public class WireViewContractTests
{
    /// <summary>A good frame for each view, and how many of its bytes the view cannot do without.</summary>
    private static readonly Dictionary<Type, Specimen> Specimens = new()
    {
        [typeof(EthernetView)] = Of<EthernetView>(Eth().Vlan(7).Vlan(8).Payload(50), 22),
        [typeof(VlanView)] = Of<VlanView>(Eth().Vlan(7, priority: 5).Payload(50).Build()[14..], 4),
        [typeof(LlcView)] = Of<LlcView>(Snap().Payload(50).Build()[14..], 8),
        [typeof(ArpView)] = Of<ArpView>(
            Eth().ArpRequest("02:00:00:00:00:01", "10.244.1.5", "10.244.1.1").Build()[14..], 28),
        [typeof(Ipv4View)] = Of<Ipv4View>(
            new Packets.PacketBuilder().Ipv4("10.0.0.1", "10.0.0.2", options: [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
                .Payload(20), 56),
        [typeof(Ipv6View)] = Of<Ipv6View>(
            Ipv6("fd00::1", "fd00::2")
                .Extension(IpProtocol.HopByHop, [0, 1, 4, 0, 0, 0, 0])
                .Extension(IpProtocol.Authentication, [4, .. new byte[22]])
                .Ipv6Fragment(0, moreFragments: true, id: 9)
                .Extension(IpProtocol.DestinationOptions, [0, 1, 4, 0, 0, 0, 0])
                .Udp(1, 2).Payload(30), 40 + 8 + 24 + 8 + 8 + 8 + 30),
        [typeof(UdpView)] = Of<UdpView>(Ipv4("10.0.0.1", "10.0.0.2").Udp(53, 5353).Payload(30).Build()[20..], 38),
        [typeof(TcpView)] = Of<TcpView>(
            Ipv4("10.0.0.1", "10.0.0.2")
                .Tcp(40000, 80, TcpFlags.Syn, options: [2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7])
                .Payload(9).Build()[20..], 40),
        [typeof(SctpView)] = Of<SctpView>(
            Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2, chunks: [0, 3, 0, 17, .. new byte[16], 11, 0, 0, 4])
                .Build()[20..], 12),
        [typeof(IcmpView)] = Of<IcmpView>(
            Ipv4("10.0.0.1", "10.0.0.2").Icmp(Icmpv4Type.TimeExceeded)
                .Payload(Ipv4("10.0.0.2", "10.0.0.9", ttl: 1).Udp(1, 2).Payload(4)).Build()[20..], 8),
        [typeof(NeighborDiscoveryView)] = Of<NeighborDiscoveryView>(
            Ipv6("fd00::1", "ff02::1:ff00:2").NeighborSolicitation("fd00::2", "02:00:00:00:00:01").Build()[40..], 24),
        [typeof(VxlanView)] = Of<VxlanView>(new Packets.PacketBuilder().Vxlan(1).Eth().Payload(20), 8),
        [typeof(GeneveView)] = Of<GeneveView>(
            new Packets.PacketBuilder()
                .Geneve(7, [1, 2, 0x80, 1, 0, 2, 0, 5, 0xFF, 0xFF, 1, 0], critical: true).Eth().Payload(20), 20),
        [typeof(LinuxSllView)] = Of<LinuxSllView>([0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, 0x45], 16),
        [typeof(LinuxSll2View)] = Of<LinuxSll2View>(
            [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x45], 20),
        [typeof(LoopbackView)] = Of<LoopbackView>([2, 0, 0, 0, 0x45, 0], 4),
    };

    public static TheoryData<string> Views => [.. Specimens.Keys.Select(type => type.Name)];

    [Fact]
    public void Every_view_of_the_assembly_is_under_the_contract()
    {
        IEnumerable<string> views = typeof(WireError).Assembly.GetTypes()
            .Where(type => type.IsValueType && type.GetInterfaces().Any(
                face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IWireView<>)))
            .Select(type => type.Name);

        Assert.Equal(views.Order(), Specimens.Keys.Select(type => type.Name).Order());
    }

    [Theory, MemberData(nameof(Views))]
    public void No_accessor_throws_at_any_length_nor_after_any_mutation(string view) => Find(view).NeverThrows();

    [Theory, MemberData(nameof(Views))]
    public void Every_shorter_prefix_is_an_error(string view) => Find(view).ShorterPrefixesFail();

    [Theory, MemberData(nameof(Views))]
    public void The_contract_reads_every_property(string view) =>
        Assert.Equal(
            Specimens.Keys.Single(type => type.Name == view)
                .GetProperties(BindingFlags.Public | BindingFlags.Instance).Length,
            Find(view).AccessorCount);

    [Fact]
    public void A_header_is_as_large_in_memory_as_on_the_wire()
    {
        Type[] headers = [.. typeof(WireError).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Header", StringComparison.Ordinal))];

        Assert.True(headers.Length >= 17, $"only {headers.Length} headers found");
        Assert.All(headers, header => Assert.Equal(
            (int)header.GetField("Size")!.GetRawConstantValue()!,
            (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(header).Invoke(null, null)!));
    }

    private static Specimen Find(string view) => Specimens.Single(pair => pair.Key.Name == view).Value;

    private static Specimen Of<TView>(byte[] frame, int needed)
        where TView : struct, IWireView<TView>, allows ref struct =>
        new(
            () => WireViewContract.AssertNeverThrows<TView>(frame),
            () => WireViewContract.AssertShorterPrefixesFail<TView>(frame, needed),
            Accessors<TView>.Count);

    private sealed record Specimen(Action NeverThrows, Action ShorterPrefixesFail, int AccessorCount);
}
