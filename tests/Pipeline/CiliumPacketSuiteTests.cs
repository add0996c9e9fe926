using System.Globalization;
using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Pipeline;

/// <summary>The packets that Cilium's own tests expect of its programs: one of them is encapsulated.</summary>
public sealed class CiliumPacketSuiteTests
{
    private static readonly TunnelSettings Geneve = new()
    {
        Kind = TunnelKind.Geneve,
        Device = "cilium_geneve",
        Port = GeneveHeader.UdpPort,
        IdSource = TunnelIdSource.Sender,
        Inner = InnerFrame.AsSent,
        UdpChecksum = false,
    };

    /// <summary>The option is critical; the device hands it up all the same, as the kernel's does for Cilium.</summary>
    [Fact]
    public void A_node_takes_what_direct_server_return_sends_out_of_geneve()
    {
        if (!SharedFolder.TryFind("suites/cilium-bpf/cases.json", out string file))
            Assert.Skip("no ../shared/suites/cilium-bpf");

        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement[] encapsulated = [.. suite.RootElement.GetProperty("packets")
            .EnumerateArray().Where(packet => packet.TryGetProperty("outer", out _))];
        JsonElement given = Assert.Single(encapsulated);
        JsonElement outer = given.GetProperty("outer");
        JsonElement option = outer.GetProperty("geneve_opt");
        byte[] inner = [.. Hex("0200000000bb0200000000aa0800"), .. Hex(given.GetProperty("inner_ip_hex").GetString()!)];
        string from = outer.GetProperty("saddr").GetString()!;
        string to = outer.GetProperty("daddr").GetString()!;
        byte[] options =
        [
            .. Hex(option.GetProperty("opt_class").GetString()![2..]), 0x81, 2,
            .. IpAddress.Parse(option.GetProperty("addr").GetString()!).ToString()
                .Split('.').Select(part => byte.Parse(part, CultureInfo.InvariantCulture)),
            0, option.GetProperty("port").GetByte(), 0, 0,
        ];
        Assert.Equal(outer.GetProperty("geneve_opt_len_words").GetInt32() * 4, options.Length);
        byte[] packet = Eth().Ipv4(from, to, ttl: 63).Udp(40000, outer.GetProperty("dport").GetUInt16(),
            checksum: false).Geneve(2, options, critical: true).Payload(inner);
        // 64, and then the program looks up the route, which takes one.
        Assert.Equal(outer.GetProperty("ip_csum").GetString(), $"0x{Convert.ToHexStringLower(packet.AsSpan(24, 2))}");

        using TunnelRig rig = SuiteTunnels.Between(Geneve, from, to, "02:00:00:00:00:0b", "02:00:00:00:00:0c");
        (byte[]? frame, DropReason reason) = rig.Decapsulate(packet, node: 1);

        Assert.Equal(DropReason.None, reason);
        Assert.Equal(Convert.ToHexStringLower(inner), Convert.ToHexStringLower(frame!));
    }
}
