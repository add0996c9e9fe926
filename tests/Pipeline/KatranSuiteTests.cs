using System.Net;
using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// What Katran puts around packets for its reals: IPIP with TTL 64, id 0, no DF and the inner TOS. The outer source,
/// which it makes of the flow, and the real are taken from the expected packet.
/// </summary>
public sealed class KatranSuiteTests
{
    private const int EthernetSize = 14;
    private const int OuterSize = EthernetSize + 20;
    private const int GuePort = 9886;

    private static readonly TunnelSettings IpInIp = new()
    {
        Kind = TunnelKind.IpInIp,
        Device = "tunl0",
        Ttl = 64,
        TosInherit = true,
        IsOpenVSwitch = true,      // ids are 0
        Overhead = 20,
    };

    [Fact]
    public void Packets_in_ipip_are_katran_s_to_the_byte_both_ways()
    {
        if (!SharedFolder.TryFind("suites/katran/packets.json", out string file))
            Assert.Skip("no ../shared/suites/katran");

        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(file));
        List<string> differences = [];
        Dictionary<string, int> counts = [];
        foreach (JsonElement given in suite.RootElement.GetProperty("cases").EnumerateArray())
        {
            byte[] sent = Convert.FromHexString(given.GetProperty("input_hex").GetString()!);
            byte[] expected = Convert.FromHexString(given.GetProperty("output_hex").GetString()!);
            string sort = SortOf(sent, expected);
            counts[sort] = counts.GetValueOrDefault(sort) + 1;
            if (sort == "out of IPIP")
                differences.AddRange(CompareInner(given.GetProperty("description").GetString()!, sent, expected));
            if (sort == "IPIP")
                differences.AddRange(Compare(given.GetProperty("description").GetString()!, sent, expected));
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["IPIP"] = 16,
                ["out of IPIP"] = 1,
                ["not encapsulated"] = 25,
                ["GUE, which no CNI sends"] = 20,
                ["IPv6 outside of bare IP, which no CNI sends"] = 16,
                ["the load balancer's own answer"] = 2,
            },
            counts);
    }

    private static string SortOf(byte[] sent, byte[] expected)
    {
        if (sent.AsSpan().SequenceEqual(expected)) return "not encapsulated";
        if (HasGuePort(sent) || HasGuePort(expected)) return "GUE, which no CNI sends";
        if (Protocol(expected) is IpProtocol.Icmp or IpProtocol.Icmpv6) return "the load balancer's own answer";
        if (IsV4(expected) && Protocol(expected) == IpProtocol.IpInIp) return "IPIP";

        return IsV4(sent) && Protocol(sent) == IpProtocol.IpInIp
            ? "out of IPIP"
            : "IPv6 outside of bare IP, which no CNI sends";
    }

    private static bool IsV4(byte[] frame) => frame[12] == 0x08;

    private static byte Protocol(byte[] frame) => frame[IsV4(frame) ? 23 : 20];

    private static bool HasGuePort(byte[] frame)
    {
        int port = (IsV4(frame) ? OuterSize : EthernetSize + 40) + 2;
        return Protocol(frame) == IpProtocol.Udp && (frame[port] << 8 | frame[port + 1]) == GuePort;
    }

    private static IEnumerable<string> CompareInner(string name, byte[] sent, byte[] expected)
    {
        using TunnelRig rig = SuiteTunnels.Between(
            IpInIp, AddressAt(sent, 26), AddressAt(sent, 30), MacAt(sent, 6), MacAt(sent, 0));
        (byte[]? packet, DropReason reason) = rig.Decapsulate(sent, node: 1);
        if (FrameDifference.Describe($"{name}: {reason}", [expected[EthernetSize..]],
            packet is null ? [] : [packet]) is { } difference) yield return difference;
    }

    private static IEnumerable<string> Compare(string name, byte[] sent, byte[] expected)
    {
        using TunnelRig rig = SuiteTunnels.Between(
            IpInIp, AddressAt(expected, 26), AddressAt(expected, 30), MacAt(expected, 6), MacAt(expected, 0));
        if (FrameDifference.Describe(name, [expected], [rig.Encapsulate(sent)]) is { } difference)
            yield return difference;

        (byte[]? packet, DropReason reason) = rig.Decapsulate(expected, node: 1);
        if (FrameDifference.Describe($"{name}, out of the tunnel: {reason}",
            [sent[EthernetSize..]], packet is null ? [] : [packet]) is { } other) yield return other;
    }

    private static string AddressAt(byte[] frame, int at) => new IPAddress(frame.AsSpan(at, 4)).ToString();

    private static string MacAt(byte[] frame, int at) =>
        string.Join(':', Enumerable.Range(at, 6).Select(octet => frame[octet].ToString("x2", null)));
}
