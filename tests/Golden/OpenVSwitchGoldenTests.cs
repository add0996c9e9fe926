using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>20-ovs-userspace</c>: what Open vSwitch's userspace datapath puts around frames. Nothing is masked: the id is 0,
/// the source port a function of the frame.
/// </summary>
public class OpenVSwitchGoldenTests
{
    /// <summary>
    /// Not IP, or with something around it that a routed packet has not: a switch's, not a tunnel's affair.
    /// </summary>
    private static readonly string[] SwitchedOnly = ["arp request", "padded to 60", "vlan tagged", "unknown ethertype"];

    [Theory]
    [InlineData("ovn-geneve", 34)]
    [InlineData("geneve-plain", 35)]
    [InlineData("antrea-geneve", 35)]
    [InlineData("geneve-inherit", 35)]
    [InlineData("vxlan", 35)]
    [InlineData("vxlan-csum", 35)]
    [InlineData("vxlan-8472", 35)]
    public void Outer_headers_are_open_vswitch_s_to_the_byte(string variant, int cases)
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("20-ovs-userspace/encap.json"));
        string remote = json.RootElement.GetProperty("variants")
            .GetProperty(variant).GetProperty("remote_ip").GetString()!;
        using var rig = TunnelRig.With(SettingsOf(variant), model => WithKeys(model, variant, remote));

        List<string> differences = [];
        int compared = 0;
        foreach (JsonElement given in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = given.GetProperty("name").GetString()!;
            if (given.GetProperty("variant").GetString() != variant || SwitchedOnly.Contains(name)) continue;
            // the lab's one flow has one pair of keys
            if (variant == "ovn-geneve" && name == "reverse 5-tuple") continue;

            byte[] expected = Convert.FromHexString(given.GetProperty("out")[0].GetString()!);
            byte[] got = rig.Encapsulate(Convert.FromHexString(given.GetProperty("in").GetString()!));
            expected.AsSpan(0, 6).CopyTo(got);      // the lab has one MAC for each of its peers
            if (FrameDifference.Describe($"{variant}: {name}", [expected], [got]) is { } difference)
                differences.Add(difference);
            compared++;
        }

        Assert.True(
            differences.Count == 0, $"{differences.Count} of {compared} differ\n{string.Join('\n', differences)}");
        Assert.Equal(cases, compared);
    }

    /// <summary>By the lab's peers: each sends what one of the variants takes.</summary>
    [Theory]
    [InlineData("ovn-geneve", 12, 7)]
    [InlineData("geneve-plain", 13, 30)]
    [InlineData("vxlan", 17, 7)]
    [InlineData("vxlan-8472", 19, 2)]
    public void Frames_come_out_of_the_tunnel_as_open_vswitch_lets_them(string variant, int peer, int cases)
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("20-ovs-userspace/decap.json"));
        using var rig = TunnelRig.With(Receiving(variant), model => WithKeys(model, variant, $"192.168.56.{peer}"));

        List<string> differences = [];
        int compared = 0;
        foreach (JsonElement given in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = given.GetProperty("name").GetString()!;
            byte[] outer = Convert.FromHexString(given.GetProperty("in").GetString()!);
            if (outer[5] != 0x0b || outer[11] != peer) continue;      // the MAC tells the peer where the address lies

            byte[][] expected = [.. given.GetProperty("raw").EnumerateArray()
                .Select(frame => Convert.FromHexString(frame.GetString()!))];
            (byte[]? frame, DropReason reason) = rig.Decapsulate(outer);
            byte[][] got = frame is null ? [] : [frame];
            if (FrameDifference.Describe($"{variant}: {name}", expected, got) is { } difference)
                differences.Add(difference);
            if (reason != Reason(name)) differences.Add($"{variant}: {name}: {reason}\n");
            compared++;
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ\n{string.Join('\n', differences)}");
        Assert.Equal(cases, compared);
    }

    /// <summary>Open vSwitch says only that it drops; the names are ours.</summary>
    private static DropReason Reason(string name) => name switch
    {
        "ovn option, csum bad" => DropReason.TunnelChecksum,
        "unknown critical option" or "ovn option with length 8" => DropReason.CriticalOption,
        "option runs past opt len" or "version 1" => DropReason.BadTunnelHeader,
        "vxlan I clear" or "vxlan reserved bits" or "vxlan reserved low byte" or "vxlan GBP" =>
            DropReason.BadTunnelHeader,
        "truncated header" or "opt len past end" or "no inner frame" or "inner 13 bytes" => DropReason.BadTunnelHeader,
        "ecn outer=3 inner=0" => DropReason.TunnelEcn,
        "vxlan 8472 vni 2" => DropReason.UnknownVni,
        "vxlan on 4789 from unknown peer" => DropReason.UnknownTunnelPeer,
        "protocol 0x0800" => DropReason.UnsupportedInner,
        // comes out of the tunnel, to a switch that floods it: not emulated
        "inner arp" => DropReason.UnsupportedInner,
        _ => DropReason.None,
    };

    // A port with a key of its own takes nothing else; the others hand the key on, as OpenShift SDN's do.
    internal static TunnelSettings Receiving(string variant)
    {
        TunnelSettings tunnel = SettingsOf(variant);
        if (variant == "ovn-geneve") return tunnel;

        return variant == "vxlan-8472"
            ? tunnel with { IdSource = TunnelIdSource.Fixed, Inner = InnerFrame.TunnelDevices, Vni = 1 }
            : tunnel with { Inner = InnerFrame.PodToPod };
    }

    internal static TunnelSettings SettingsOf(string variant)
    {
        bool isVxlan = variant.StartsWith("vxlan", StringComparison.Ordinal);
        bool isOvn = variant == "ovn-geneve";
        bool inherits = variant == "geneve-inherit";
        return new TunnelSettings
        {
            Kind = isVxlan ? TunnelKind.Vxlan : TunnelKind.Geneve,
            Device = "br-int",
            Port = (ushort)(variant == "vxlan-8472" ? 8472 : isVxlan ? 4789 : 6081),
            IdSource = isOvn ? TunnelIdSource.LogicalSwitch : TunnelIdSource.Sender,
            Inner = isOvn ? InnerFrame.RouterToPod : InnerFrame.AsSent,
            UdpChecksum = isOvn || variant == "vxlan-csum",
            Ttl = (byte)(inherits ? 0 : 64),
            TosInherit = inherits,
            Df = TunnelDf.Set,
            IsOpenVSwitch = true,
            SourcePortMin = 32768,
            SourcePortMax = 60999,
        };
    }

    // The flow's actions: set_field:5->tun_id,set_field:0x00030007->tun_metadata0
    internal static NetworkModel WithKeys(NetworkModel model, string variant, string remote) => model with
    {
        Nodes =
        [
            model.Nodes[0] with { SwitchKey = 5, TunnelMac = MacAddress.Parse("0a:58:0a:f4:01:0a") },
            model.Nodes[1] with { UnderlayV4 = IpAddress.Parse(remote), OwnAddresses = [IpAddress.Parse(remote)] },
        ],
        Pods = [.. model.Pods.Select(pod => pod with
        {
            TunnelId = variant switch { "antrea-geneve" => 0, "vxlan-8472" => 1, _ => 5u },
            SwitchKey = 5,
            PortKey = (ushort)(pod.Node == 0 ? 3 : 7),
        })],
    };
}
