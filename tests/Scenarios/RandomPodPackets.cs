using Dataplane.Tests.Packets;
using Dataplane.Wire;
using static Dataplane.Tests.Scenarios.DualStackCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// What a pod may send to another: every protocol, with tags, options and extensions, whole and in fragments.
/// </summary>
internal sealed class RandomPodPackets(int family, int seed, string from, string to, bool tagged = true)
{
    private const int Largest = 1400;

    private readonly Random _random = new(seed);
    private int _number;

    public IEnumerable<byte[]> Take(int count) => Enumerable.Range(0, count).Select(_ => Next());

    private byte[] Next()
    {
        _number++;
        PacketBuilder frame = new PacketBuilder().Eth(from, to);
        if (_random.Next(8) == 0 && tagged) frame = frame.Vlan((ushort)_random.Next(1, 4095));
        return family == 4 ? FourInside(frame) : SixInside(frame);
    }

    private byte[] FourInside(PacketBuilder frame)
    {
        (byte ttl, byte tos, ushort id) = ((byte)_random.Next(4, 256),
            (byte)_random.Next(256), (ushort)_random.Next(65536));
        byte[] options = _random.Next(8) == 0 ? [1, 1, 1, 1] : [];
        int room = Largest - 20 - options.Length;
        if (_random.Next(6) == 0)
        {
            ushort fragment =
                (ushort)(_random.Next(0, 100) | (_random.Next(2) == 0 ? Ipv4Header.MoreFragmentsFlag : 0));
            if (fragment == 0) fragment = Ipv4Header.MoreFragmentsFlag;
            return frame.Ipv4(PodA4, PodB4, ttl, id, tos, fragment, options, IpProtocol.Udp)
                .Payload(Bytes(_random.Next(1, 170) * 8));
        }

        ushort df = _random.Next(2) == 0 ? Ipv4Header.DontFragmentFlag : (ushort)0;
        return Transport(frame.Ipv4(PodA4, PodB4, ttl, id, tos, df, options), room);
    }

    private byte[] SixInside(PacketBuilder frame)
    {
        PacketBuilder packet = frame.Ipv6(
            PodA6, PodB6, (byte)_random.Next(4, 256), (byte)_random.Next(256), (uint)_random.Next(1 << 20));
        int room = Largest - 60;
        if (_random.Next(8) == 0)
        {
            packet = packet.Extension(IpProtocol.HopByHop, [0, 1, 4, 0, 0, 0, 0]);
            room -= 8;
        }

        if (_random.Next(6) != 0) return Transport(packet, room);

        bool isFirst = _random.Next(2) == 0;
        packet = packet.Ipv6Fragment(isFirst ? 0 : _random.Next(1, 100) * 8,
            isFirst || _random.Next(2) == 0, (uint)_random.Next(), IpProtocol.Udp);
        return packet.Payload(Bytes(_random.Next(1, 160) * 8));
    }

    private byte[] Transport(PacketBuilder packet, int room) => _random.Next(5) switch
    {
        0 => packet.Udp(Port(), Port()).Payload(Bytes(Size(room - 8))),
        1 => packet.Tcp(_number, Port(), TcpFlags.Syn).Payload(Bytes(Size(room - 20))),
        2 => packet.Echo((ushort)_number).Payload(Bytes(Size(room - 8))),
        3 => packet.Sctp(Port(), Port(), chunks: [1, 0, 0, 20, .. Bytes(16)]),
        _ => packet.Payload(Bytes(Size(room))),
    };

    // Small ones, large ones to the last byte that fits, and everything between.
    private int Size(int room) => _random.Next(3) switch
    {
        0 => _random.Next(30),
        1 => room - _random.Next(3),
        _ => _random.Next(room),
    };

    private int Port() => _random.Next(1, 65536);

    private byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }
}
