using System.Buffers.Binary;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Tests.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The client's capture of <c>22-ipvs</c> through an emulated IPVS: Linux 6.1 chose the same real servers in the same
/// order, and had the same connections in the same states at the end.
/// </summary>
public sealed class IpvsGoldenTests
{
    private const string Client = "10.244.1.10";
    private const int Ethernet = 14;
    private const string Rules = """
        -A -t 10.96.0.80:80 -s rr
        -a -t 10.96.0.80:80 -r 10.244.1.20:8080 -m -w 1
        -a -t 10.96.0.80:80 -r 10.244.1.21:8080 -m -w 1
        -a -t 10.96.0.80:80 -r 10.244.1.22:8080 -m -w 1
        -A -u 10.96.0.80:5000 -s rr
        -a -u 10.96.0.80:5000 -r 10.244.1.20:5000 -m -w 1
        -a -u 10.96.0.80:5000 -r 10.244.1.21:5000 -m -w 1
        -a -u 10.96.0.80:5000 -r 10.244.1.22:5000 -m -w 1
        """;

    private static readonly Dictionary<string, int> Servers = new() { ["a"] = 20, ["b"] = 21, ["d"] = 22 };

    private readonly JsonElement _kernel = JsonDocument.Parse(GoldenFolder.ReadText("22-ipvs/ipvs.json")).RootElement;

    [Fact]
    public void The_kernel_s_real_servers_are_chosen_in_its_order()
    {
        using var lab = new IpvsLab(Rules);
        List<(int Server, int Port)> chosen = Replay(lab);

        IEnumerable<(int, int)> answers = _kernel.GetProperty("answers_in_order").EnumerateArray().Select(answer =>
        {
            Match match = Regex.Match(answer.GetString()!, @"^(?<server>\w) sees 10\.244\.1\.10:(?<port>\d+)$");
            return (Servers[match.Groups["server"].Value], int.Parse(match.Groups["port"].ValueSpan, null));
        });
        Assert.Equal(answers, chosen);
    }

    [Fact]
    public void Each_server_s_capture_has_the_connections_that_were_given_to_it()
    {
        using var lab = new IpvsLab(Rules);
        List<(int Server, int Port)> chosen = Replay(lab);

        foreach ((string server, int number) in Servers)
        {
            int[] ports =
            [
                .. PcapFile.Golden($"22-ipvs/{server}.pcap").Frames
                    .Select(frame => Key(frame.Bytes))
                    .Where(key => key.Source == IpAddress.Parse(Client).V4)
                    .Select(key => (int)key.SourcePort)
                    .Distinct(),
            ];
            Assert.Equal(
                ports.Order(), chosen.Where(choice => choice.Server == number).Select(choice => choice.Port).Order());
        }
    }

    [Fact]
    public void The_same_connections_are_left_in_the_same_states()
    {
        using var lab = new IpvsLab(Rules);
        Replay(lab);

        IEnumerable<string> kernel = _kernel.GetProperty("connections").GetString()!.Split('\n')
            .Skip(2)
            .Where(line => line.Length > 0)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => string.Join(' ', words[0], words[2], words[3], words[4], words[5]));
        Assert.Equal(kernel.Order(),
            lab.State.Connections.Entries().Select(entry => Text(lab.State.Connections[entry])).Order());
    }

    /// <summary>Who was chosen, in order; replies are seen before the node translates them back.</summary>
    private static List<(int Server, int Port)> Replay(IpvsLab lab)
    {
        List<(int, int)> chosen = [];
        uint client = IpAddress.Parse(Client).V4;
        foreach (CapturedFrame frame in PcapFile.Golden("22-ipvs/c1.pcap").Frames)
        {
            FlowKey key = Key(frame.Bytes);
            bool isReply = key.Destination == client;
            FlowKey toService = isReply ? key.Reversed() : key;
            byte flags = key.Protocol == IpProtocol.Tcp ? frame.Bytes[Ethernet + 20 + 13] : (byte)0;
            lab.Now = frame.Timestamp;
            lab.State.Advance(lab.Now);
            if (lab.State.Receive(in toService, isReply ? (byte)0 : flags, 0, false, lab.Now, out uint connection)
                == IpvsReceipt.None)
            {
                Assert.False(isReply);
                connection = lab.Open(in key, out ServiceVerdict verdict);
                chosen.Add(((int)(verdict.BackendAddress & 0xFF), key.SourcePort));
                Assert.Equal(key.Protocol == IpProtocol.Tcp ? 8080 : 5000, verdict.BackendPort);
                continue;
            }

            lab.State.Transit(connection, isReply ? IpvsDirection.Output : IpvsDirection.Input, flags, 0, lab.Now);
        }

        return chosen;
    }

    private static FlowKey Key(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> packet = frame[Ethernet..];
        Assert.Equal(0x45, packet[0]);
        return new FlowKey
        {
            Source = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]),
            Destination = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]),
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(packet[20..]),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(packet[22..]),
            Protocol = packet[9],
            Family = 4,
        };
    }

    private static string Text(in IpvsConnection connection)
    {
        bool isTcp = connection.Protocol == IpProtocol.Tcp;
        return $"{(isTcp ? "TCP" : "UDP")} {(isTcp ? IpvsTcpStates.NameOf(connection.State) : "UDP")} "
            + $"{IpAddress.FromV4(connection.Client)}:{connection.ClientPort} "
            + $"{IpAddress.FromV4(connection.Virtual)}:{connection.VirtualPort} "
            + $"{IpAddress.FromV4(connection.RealServer)}:{connection.RealPort}";
    }
}
