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

/// <summary>
/// Open vSwitch's own tests of its userspace tunnels (tests/tunnel-push-pop.at): headers that
/// it pushes, frames that it pops.
/// </summary>
public sealed class OvsTunnelSuiteTests
{
    private const string OvsMac = "aa:55:aa:55:00:00";
    private const string PodFrame = "0a580af402140a580af4010a0800";

    /// <summary>The inner packet: UDP from one of the rig's pods to the other.</summary>
    private static readonly byte[] Inner = Ipv4("10.244.1.10", "10.244.2.20").Udp(4000, 9).Payload(20);

    [Fact]
    public void Headers_are_those_that_open_vswitch_pushes()
    {
        using JsonDocument suite = Open();
        List<string> differences = [];
        Dictionary<string, int> counts = [];
        foreach (JsonElement given in suite.RootElement.GetProperty("encap_headers").EnumerateArray())
        {
            string sort = LeftOut(given) ?? "compared";
            counts[sort] = counts.GetValueOrDefault(sort) + 1;
            if (sort == "compared" && Compare(given) is { } difference) differences.Add(difference);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["compared"] = 6,
                ["no CNI's tunnel"] = 7,
                ["another's option"] = 2,
                ["GPE"] = 1,
            }, counts);
    }

    /// <summary>
    /// Both packets of the suite carry a frame of no known type: no pod's, but the same tunnel carries IP.
    /// </summary>
    [Fact]
    public void Whole_packets_are_those_that_open_vswitch_sends_around_another_frame()
    {
        using JsonDocument suite = Open();
        foreach (JsonElement given in suite.RootElement.GetProperty("encap_packets").EnumerateArray())
        {
            string outer = given.GetProperty("outer_hex_masked").GetString()!;
            bool isV6 = outer.Substring(24, 4) == "86dd";
            byte[] expected = Convert.FromHexString(outer.Replace('.', '0'));
            int headers = isV6 ? 70 : 50;
            using TunnelRig rig = SuiteTunnels.Between(
                SuiteTunnels.OpenVSwitch(TunnelKind.Geneve, isV6 ? 6 : 4, GeneveHeader.UdpPort, hasChecksum: isV6),
                isV6 ? "2001:beef::88" : "1.1.2.88", isV6 ? "2001:cafe::92" : "1.1.2.92",
                OvsMac, "f8:bc:12:44:34:b6", id: 123);
            byte[] got = rig.Encapsulate([.. Hex(PodFrame), .. Inner]);

            Assert.Equal(
                WithoutLengths(expected.AsSpan(0, headers), isV6), WithoutLengths(got.AsSpan(0, headers), isV6));
        }
    }

    [Fact]
    public void Frames_are_popped_or_dropped_as_open_vswitch_does()
    {
        using JsonDocument suite = Open();
        List<string> differences = [];
        Dictionary<string, int> counts = [];
        foreach (JsonElement given in suite.RootElement.GetProperty("decap").EnumerateArray())
        {
            JsonElement decoded = given.GetProperty("decoded");
            string kind = decoded.GetProperty("kind").GetString()!;
            byte[] outer = Convert.FromHexString(given.GetProperty("outer_hex").GetString()!);
            bool isAccepted = given.GetProperty("expected").GetString() == "accept";
            string sort = kind is "gre" or "erspan" ? "no CNI's tunnel"
                : kind == "geneve" ? "options that the test made known" : isAccepted ? "popped" : "dropped";
            counts[sort] = counts.GetValueOrDefault(sort) + 1;
            if (sort is not ("popped" or "dropped")) continue;

            bool isV6 = outer[12] == 0x86;
            ushort port = (ushort)(outer[isV6 ? 56 : 36] << 8 | outer[isV6 ? 57 : 37]);
            using TunnelRig rig = SuiteTunnels.Between(
                SuiteTunnels.OpenVSwitch(TunnelKind.Vxlan, isV6 ? 6 : 4, port, hasChecksum: false),
                isV6 ? "2001:cafe::88" : "1.1.2.88", isV6 ? "2001:cafe::92" : "1.1.2.92",
                OvsMac, "00:1b:21:3c:ab:64", decoded.GetProperty("vni").GetUInt32());
            (byte[]? frame, DropReason reason) = rig.Decapsulate(outer);
            byte[][] expected =
                isAccepted ? [Convert.FromHexString(decoded.GetProperty("inner_hex").GetString()!)] : [];
            string name = $"{decoded.GetProperty("flags")} "
                + $"{(isAccepted ? "" : given.GetProperty("reason").GetString())}: {reason}";
            if (FrameDifference.Describe(name, expected, frame is null ? [] : [frame]) is { } difference)
                differences.Add(difference);
            if (!isAccepted && reason is not (DropReason.BadChecksum or DropReason.TunnelChecksum))
                differences.Add(name);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["no CNI's tunnel"] = 5,
                ["popped"] = 3,
                ["dropped"] = 3,
                ["options that the test made known"] = 1,
            }, counts);
    }

    [Fact]
    public void Congestion_outside_is_taken_in_as_open_vswitch_does()
    {
        using JsonDocument suite = Open();
        using TunnelRig rig = SuiteTunnels.Between(
            SuiteTunnels.OpenVSwitch(TunnelKind.Geneve, 4, GeneveHeader.UdpPort, hasChecksum: false),
            "1.1.2.88", "1.1.2.92", OvsMac, "f8:bc:12:44:34:b6");
        foreach (JsonElement given in suite.RootElement.GetProperty("ecn_decap").EnumerateArray())
        {
            (byte outer, byte inner) = (given.GetProperty("outer_ecn").GetByte(),
                given.GetProperty("inner_ecn").GetByte());
            (byte[]? frame, DropReason reason) = rig.Decapsulate(
                Eth().Ipv4("1.1.2.92", "1.1.2.88", tos: outer).Udp(40000, 6081).Geneve(0)
                    .Eth().Ipv4("10.244.2.20", "10.244.1.10", tos: inner).Udp(1, 2));
            if (given.GetProperty("result").GetString() == "drop") Assert.Equal(DropReason.TunnelEcn, reason);
            else Assert.Equal((DropReason.None, given.GetProperty("inner_ecn_after").GetByte()), (reason, frame![15]));
        }
    }

    private static JsonDocument Open()
    {
        if (!SharedFolder.TryFind("suites/ovs-tunnel/cases.json", out string file))
            Assert.Skip("no ../shared/suites/ovs-tunnel");
        return JsonDocument.Parse(File.ReadAllBytes(file));
    }

    private static string? LeftOut(JsonElement header)
    {
        if (header.GetProperty("kind").GetString() is not ("vxlan" or "geneve")) return "no CNI's tunnel";
        if (header.TryGetProperty("geneve_options", out _)) return "another's option";
        return header.TryGetProperty("vxlan_flags_word", out JsonElement flags) && flags.GetString() != "0x8000000"
            ? "GPE"
            : null;
    }

    private static string? Compare(JsonElement header)
    {
        JsonElement ip = header.GetProperty("outer_ip");
        JsonElement udp = header.GetProperty("udp");
        bool isV6 = ip.GetProperty("version").GetInt32() == 6;
        bool isVxlan = header.GetProperty("kind").GetString() == "vxlan";
        (string source, string destination) = (ip.GetProperty("src").GetString()!, ip.GetProperty("dst").GetString()!);
        (string from, string to) = (header.GetProperty("eth").GetProperty("src").GetString()!,
            header.GetProperty("eth").GetProperty("dst").GetString()!);
        bool hasChecksum = udp.GetProperty("csum").GetString() == "computed";
        ushort port = udp.GetProperty("dst").GetUInt16();
        uint vni = header.GetProperty("vni").GetUInt32();
        using TunnelRig rig = SuiteTunnels.Between(
            SuiteTunnels.OpenVSwitch(isVxlan ? TunnelKind.Vxlan : TunnelKind.Geneve, isV6 ? 6 : 4, port, hasChecksum),
            source, destination, from, to, vni);
        byte[] got = rig.Encapsulate([.. Hex(PodFrame), .. Inner]);

        PacketBuilder outer = isV6
            ? Eth(from, to).Ipv6(source, destination, byte.Parse(Text(ip, "hlimit"), CultureInfo.InvariantCulture))
            : Eth(from, to).Ipv4(
                source, destination, byte.Parse(Text(ip, "ttl"), CultureInfo.InvariantCulture),
                fragment: Convert.ToUInt16(Text(ip, "frag"), 16));
        int sourcePort = got[isV6 ? 54 : 34] << 8 | got[isV6 ? 55 : 35];
        PacketBuilder inside = outer.Udp(sourcePort, port, hasChecksum);
        byte[] expected = (isVxlan ? inside.Vxlan(vni) : inside.Geneve(vni)).Payload([.. Hex(PodFrame), .. Inner]);
        Assert.InRange(sourcePort, 32768, 60999);
        return FrameDifference.Describe(Text(header, "tunnel_text"), [expected], [got]);
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;

    // Length, what sums it up, and the port that the frame's hash gives.
    private static string WithoutLengths(ReadOnlySpan<byte> headers, bool isV6)
    {
        byte[] bytes = headers.ToArray();
        int ip = 14;
        int udp = isV6 ? 54 : 34;
        foreach (int at in (int[])[ip + (isV6 ? 4 : 2), isV6 ? udp : ip + Ipv4Header.ChecksumOffset, udp, udp + 4,
            udp + 6])
            bytes[at] = bytes[at + 1] = 0;
        return Convert.ToHexStringLower(bytes);
    }
}
