using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Replay;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Scenarios.Shop;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// Random conversations, with everything in them that disturbs a connection, taken through a cluster twice:
/// once as it runs, once without the beaten track. Every frame at every observation point is the same, ids
/// too, and so is every verdict.
/// </summary>
public sealed class BeatenTrackTests
{
    private const int Conversations = 4;
    private const int Bursts = 60;
    private const int Flows = 12;
    private const long Microsecond = 1_000;
    private const long Pause = 20_000_000_000;

    /// <summary>One frame in so many is none that could ever be on the track.</summary>
    private const int Rarely = 400;
    private const int Often = 40;

    private static readonly string[] Backends = [Remote, Local];

    [Theory]
    [InlineData("flannel", null)]
    [InlineData("flannel", "node-a")]
    [InlineData("calico", null, "calico.vxlan=Always")]
    [InlineData("calico", "node-a", "calico.ipip=Always")]
    [InlineData("cilium", null)]
    [InlineData("cilium", "node-a", "cilium.tunnel=geneve")]
    [InlineData("openshift-sdn", null)]
    [InlineData("ovn-kubernetes", null)]
    [InlineData("ovn-kubernetes", "node-a")]
    public void A_packet_on_the_beaten_track_is_what_every_stage_would_make_of_it(
        string cni, string? node, params string[] settings)
    {
        for (int seed = 0; seed < Conversations; seed++)
        {
            var random = new Random(seed);
            using Emulation beaten = Cluster(cni, node, settings);
            using Emulation thorough = Cluster(cni, node, settings);
            int onTheWire = 0;
            for (int burst = 0; burst < Bursts; burst++)
            {
                List<CapturedFrame> capture = Conversation(random, node, burst * Pause);

                ObservedRun quick = ObservedRun.Of(beaten, capture);
                ObservedRun slow = ObservedRun.OfEveryStage(thorough, capture);

                Assert.Equal(slow.Records, quick.Records);
                Assert.Equal(slow.Frames.Select(Text), quick.Frames.Select(Text));
                Assert.Equal(ConnectionsOf(thorough), ConnectionsOf(beaten));
                onTheWire += quick.Frames.Count(frame => frame.Point == ObservationPoint.Wire);
            }

            Assert.True(onTheWire > Bursts * PacketBurst.MaxRecords / 10, "hardly anything got to the wire");
        }
    }

    private static Emulation Cluster(string cni, string? node, string[] settings) => Emulation.Compile(
        ManifestReader.ReadText(Yaml, "shop.yaml"),
        new ReplayOptions { Cni = cni, Node = node, Proxy = "ebpf", Settings = [.. settings] });

    private static string Text(ObservedFrame frame) =>
        $"{frame.Record} {frame.Point} {frame.Place} {frame.IsAnswer} {frame.Timestamp} "
        + $"{Convert.ToHexString(frame.Bytes)}";

    private static unsafe List<string> ConnectionsOf(Emulation emulation)
    {
        List<string> connections = [];
        for (uint entry = 1; entry <= emulation.State.Connections.Count; entry++)
        {
            ref readonly Connection at = ref emulation.State.Connections[entry];
            connections.Add(
                $"{at.Original.Source:x} {at.Original.SourcePort} {at.Original.Protocol} {at.State} {at.Flags} "
                + $"until {at.Expires}");
        }

        return connections;
    }

    private static List<CapturedFrame> Conversation(Random random, string? node, long now)
    {
        List<CapturedFrame> capture = [];
        int strange = random.Next(2) == 0 ? Rarely : Often;
        for (int number = 0; number < PacketBurst.MaxRecords; number++)
        {
            now += random.Next(1, 900) * Microsecond;
            capture.Add(new CapturedFrame(now, Frame(random, node, strange)));
        }

        return capture;
    }

    private static byte[] Frame(Random random, string? node, int strange)
    {
        int flow = random.Next(Flows);
        string client = flow % 2 == 0 ? Client : Neighbour;
        string server = (flow % 4) switch { 0 => Web, 1 => Remote, 2 => Sticky, _ => LocalWeb };
        int port = 40000 + flow;
        bool isReply = random.Next(5) == 0;
        string backend = Backends[random.Next(2)];
        PacketBuilder ip = isReply
            ? From(backend).Ipv4(backend, client, ttl: Ttl(random), id: (ushort)random.Next(0x10000))
            : From(client, random.Next(40) == 0 ? MacOf(Remote) : BridgeA).Ipv4(
                client, server, ttl: Ttl(random), id: (ushort)random.Next(0x10000), tos: (byte)random.Next(4));
        return random.Next(strange) switch
        {
            8 => Packet.Eth(MacOf(client), "5e:00:00:00:00:02").Ipv4(client, server, ttl: 63).Udp(port, 53).Payload(8),
            0 => From(client).Ipv4(client, server).Udp(port, 53).Payload(random.Next(1350, 1472)),
            1 => From(client).Ipv4(client, server, fragment: Ipv4Header.MoreFragmentsFlag, id: 7)
                .Udp(port, 53).Payload(24),
            2 => From(client).ArpRequest(MacOf(client), client, "10.244.1.1"),
            3 => Packet.Eth(MacOf(client), BridgeA).Vlan(7).Ipv4(client, server).Udp(port, 53).Payload(8),
            4 => From(client).Ipv6(Client6, Web6).Tcp(port, 80),
            5 => From(client).Ipv4(client, server).Tcp(port, 80, TcpFlags.Rst),
            6 => Packet.Eth(MacOf(Remote), BridgeB).Ipv4(Remote, Local).Udp(port, 9),
            7 => Packet.Eth("5e:00:00:00:00:aa", "5e:00:00:00:00:bb")
                .Ipv4(node is null ? NodeB : NodeA, NodeA).Udp(port, 8472).Payload(30),
            _ when random.Next(2) == 0 => isReply ? ip.Udp(5353, port) : ip.Udp(port, 53).Payload(random.Next(60)),
            _ => isReply
                ? ip.Tcp(8080, port, Flags(random, isReply: true))
                : ip.Tcp(port, 80, Flags(random, isReply: false)).Payload(random.Next(60)),
        };
    }

    private static byte Ttl(Random random) => random.Next(25) == 0 ? (byte)random.Next(1, 4) : (byte)64;

    private static TcpFlags Flags(Random random, bool isReply) => random.Next(30) switch
    {
        0 => TcpFlags.Fin | TcpFlags.Ack,
        1 or 2 or 3 => isReply ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Syn,
        _ => TcpFlags.Ack,
    };
}
