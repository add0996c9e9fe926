using System.Text.Json;
using Dataplane.Replay.Diff;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Scenarios;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.DirectReturnCluster;

namespace Dataplane.Tests.Cli;

/// <summary>
/// Wireshark's dissector judges what direct server return writes: options, errors and replies, at every point.
/// </summary>
public sealed class DissectReturnTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Wireshark_shows_the_ip_option_and_finds_no_fault()
    {
        string[] options = Dissect(ByOption, "-V");

        // Wireshark has no name for either
        Assert.Contains(options, line => line.Contains("Unknown (0x9a) (8 bytes)", StringComparison.Ordinal));
        Assert.Contains(options, line => line.Contains("Type: Unknown (0x1b)", StringComparison.Ordinal));
    }

    [Fact]
    public void Wireshark_shows_the_geneve_option_and_finds_no_fault()
    {
        string[] options = Dissect(ByGeneve, "-T fields -e geneve.option.class -e geneve.option.type -e geneve.vni");

        Assert.Contains(options, line => line.Contains("0x014b", StringComparison.OrdinalIgnoreCase)
            && line.Contains("0x81", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Inspect_and_trace_tell_of_it_with_its_line()
    {
        File.WriteAllText(Path.Combine(_shell.Folder, "cluster.yaml"), Manifests(ByOption));

        Shell.Outcome inspect = _shell.Run("dataplane inspect -f $T/cluster.yaml");
        Assert.Contains("bpf-lb-mode dsr: what comes from outside for another node's backend keeps its source",
            inspect.Out + inspect.Error, StringComparison.Ordinal);

        Shell.Outcome trace = _shell.Run(
            "dataplane trace -f $T/cluster.yaml --entry lb --from external --to svc/shop/web --port 80");
        Assert.Contains("172.16.10.2:80 goes along in an IPv4 option", trace.Out, StringComparison.Ordinal);
        Assert.Contains("as the client expects", trace.Out, StringComparison.Ordinal);
    }

    private string[] Dissect(string[] configuration, string output)
    {
        RequireTshark();
        File.WriteAllText(Path.Combine(_shell.Folder, "cluster.yaml"),
            Manifests([.. configuration, "enable-pmtu-discovery: \"true\""]));
        File.WriteAllBytes(Path.Combine(_shell.Folder, "in.pcap"), Pcap(
        [
            Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Syn),
            Eth().Ipv4(Backend, Client).Tcp(8080, 40000, TcpFlags.Syn | TcpFlags.Ack),
            Eth().Ipv4(Client, Frontend).Tcp(40000, 80, TcpFlags.Ack).Payload("GET /"),
            Eth().Ipv4(Client, Frontend).Udp(40001, 80).Payload(9),
            Eth().Ipv4(Client, Frontend).Udp(40001, 80).Payload(1472),
            Eth().Ipv6(ClientV6, FrontendV6).Tcp(40000, 80, TcpFlags.Syn),
            Eth().Ipv6(ClientV6, FrontendV6).Udp(40001, 80).Payload(9),
            Eth().Ipv6(ClientV6, FrontendV6).Udp(40001, 80).Payload(1452),
            Eth().Ipv6(BackendV6, ClientV6).Udp(8080, 40001).Payload(9),
        ]));
        Shell.Outcome outcome = _shell.Run(
            $"""
            dataplane replay -f $T/cluster.yaml -r $T/in.pcap --entry lb --at all -w $T/out.pcapng -o json > /dev/null &&
            dataplane diff $T/out.pcapng --dissect --input $T/in.pcap -o json > $T/check.json &&
            tshark -n -r $T/out.pcapng {output}
            """);

        using JsonDocument check = JsonDocument.Parse(File.ReadAllText(Path.Combine(_shell.Folder, "check.json")));
        Assert.Equal("[]", check.RootElement.GetProperty("faults").GetRawText());
        Assert.Equal(0, outcome.ExitCode);
        return outcome.Out.Split('\n');
    }

    private static byte[] Pcap(byte[][] frames)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (uint word in (uint[])[0xA1B2_C3D4, 0x0004_0002, 0, 0, 65535, 1]) writer.Write(word);
        for (uint second = 0; second < frames.Length; second++)
        {
            byte[] frame = frames[second];
            foreach (uint word in (uint[])[1_700_000_000 + second, 0, (uint)frame.Length, (uint)frame.Length])
                writer.Write(word);
            writer.Write(frame);
        }

        writer.Flush();
        return stream.ToArray();
    }

    private static void RequireTshark()
    {
        try
        {
            Tshark.Find();
        }
        catch (InvalidDataException missing)
        {
            Assert.Skip(missing.Message);
        }
    }
}
