using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Frames that a pod might send, or that a fuzzer in it would; the same ones for the same seed. All have a route: how
/// often the kernel says that there is none depends on its clock (net/ipv4/route.c, ip_error).
/// </summary>
public sealed class RandomFrames(OverlaySetup setup, int seed)
{
    private const int EthernetSize = 14;

    private static readonly byte[][] Options =
    [
        [], [], [], [], [1, 1, 1, 1], [0x94, 4, 0, 0], [7, 15, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [7, 7, 8, 1, 2, 3, 4, 0],
    ];

    private readonly Random _random = new(seed);
    private ushort _id;

    public List<byte[]> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private byte[] Next()
    {
        byte[] frame = _random.Next(20) switch
        {
            0 => FromPod().Ipv4(From, "10.244.1.1", id: ++_id, options: Options[_random.Next(Options.Length)])
                .Echo(++_id).Payload(Bytes(_random.Next(200))),
            _ => ToPod(),
        };
        return Spoil(frame);
    }

    private static PacketBuilder FromPod(OverlaySetup setup) =>
        new PacketBuilder().Eth(setup.MacOf("p1a", "eth0"), setup.MacOf("n1", "cni0"));

    private PacketBuilder FromPod() => FromPod(setup);

    private string From => setup.Pods["p1a"];

    private byte[] ToPod()
    {
        byte[] options = Options[_random.Next(Options.Length)];
        byte ttl = _random.Next(4) == 0 ? (byte)_random.Next(1, 5) : (byte)_random.Next(5, 256);
        ushort fragment = _random.Next(3) == 0 ? Ipv4Header.DontFragmentFlag : (ushort)0;
        byte protocol = 0;
        if (_random.Next(10) == 0)
        {
            fragment = (ushort)(_random.Next(1, 100) | (_random.Next(2) == 0 ? Ipv4Header.MoreFragmentsFlag : 0));
            protocol = IpProtocol.Udp;
        }

        PacketBuilder packet = FromPod().Ipv4(
            From, setup.Pods["p2a"], ttl, ++_id, (byte)_random.Next(256),
            fragment, options, protocol == 0 ? null : protocol);
        int room = setup.PodMtu - 20 - options.Length;
        return protocol != 0 ? packet.Payload(Bytes(_random.Next(8, 600))) : Transport(packet, room);
    }

    private byte[] Transport(PacketBuilder packet, int room) => _random.Next(6) switch
    {
        0 or 1 => packet.Udp(Port(), Port(), checksum: _random.Next(4) != 0).Payload(Bytes(Size(room - 8))),
        2 or 3 => packet.Tcp(Port(), Port(), (TcpFlags)_random.Next(256), (uint)_random.Next(), (uint)_random.Next())
            .Payload(Bytes(Size(room - 20))),
        4 => packet.Icmp((byte)_random.Next(20), (byte)_random.Next(4), (uint)_random.Next())
            .Payload(Bytes(Size(room - 8))),
        _ => packet.Payload(Bytes(Size(room))),
    };

    // Now and then something that a wire or a fuzzer does to a frame.
    private byte[] Spoil(byte[] frame)
    {
        switch (_random.Next(24))
        {
            case 0:
                frame[^1] ^= 0xFF;
                return frame;
            case 1:
                frame[EthernetSize + Ipv4Header.ChecksumOffset] ^= 0x40;
                return frame;
            case 2 when frame.Length < 1000:
                return [.. frame, .. Bytes(_random.Next(1, 30))];
            case 3:
                return frame[..^_random.Next(1, 8)];
            default:
                return frame;
        }
    }

    private int Size(int room) => _random.Next(3) == 0 ? room - _random.Next(4) : _random.Next(room);

    private int Port() => _random.Next(1, 65_536);

    private byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }
}
