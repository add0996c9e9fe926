using System.Text.Json;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;
using static Dataplane.Tests.Scenarios.DirectReturnCluster;

namespace Dataplane.Tests.Scenarios;

/// <summary>Direct server return as the packets of Cilium's own tests have it (suites/cilium-bpf).</summary>
public sealed class DirectReturnSuiteTests
{
    private const int OuterSize = 14 + 20 + 8 + 8;

    [Fact]
    public void The_ipv4_option_is_that_of_ciliums_own_test()
    {
        JsonElement given = Case("DSR with IPv4 option: DNAT plus option carrying the frontend");
        using Scenario scenario = Given(ByOption).Send(Framed(given)).ExpectForwarded();

        Assert.Equal(given.GetProperty("expected_ip_hex").GetString(),
            Convert.ToHexStringLower(Assert.Single(scenario.At("lb/eth0"))[14..]));
    }

    [Fact]
    public void The_geneve_option_is_that_of_ciliums_own_test()
    {
        JsonElement given = Case("DSR with Geneve (XDP): DNATed inner in Geneve with the DSR option");
        using Scenario scenario = Given(ByGeneve).Send(Framed(given)).ExpectForwarded();

        byte[] frame = Assert.Single(scenario.At("lb/eth0"));
        JsonElement outer = given.GetProperty("outer");
        Assert.Equal((byte)outer.GetProperty("geneve_opt_len_words").GetInt32(), frame[42]);
        Assert.Equal(0x40, frame[43]);      // critical
        Assert.Equal("00000200", Convert.ToHexStringLower(frame[46..50]));      // world, as they name it
        Assert.Equal(
            "014b8102" + "ac100a02" + "00500000", Convert.ToHexStringLower(frame[OuterSize..(OuterSize + 12)]));
        Assert.Equal(
            given.GetProperty("inner_ip_hex").GetString(), Convert.ToHexStringLower(frame[(OuterSize + 12 + 14)..]));
    }

    private static byte[] Framed(JsonElement given) =>
        [.. Hex("0200000000020200000000010800"), .. Hex(given.GetProperty("input_ip_hex").GetString()!)];

    private static JsonElement Case(string name)
    {
        if (!SharedFolder.TryFind("suites/cilium-bpf/cases.json", out string file))
            Assert.Skip("no ../shared/suites/cilium-bpf");

        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(file));
        return suite.RootElement.GetProperty("packets").EnumerateArray()
            .Single(packet => packet.GetProperty("name").GetString() == name).Clone();
    }
}
