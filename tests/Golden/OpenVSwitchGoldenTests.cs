using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>20-ovs-userspace</c>: what Open vSwitch's userspace datapath puts around frames. Nothing is masked: the id is 0, the
/// source port a function of the frame.
/// </summary>
public class OpenVSwitchGoldenTests
{
    /// <summary>Not IP, or with something around it that a routed packet has not: a switch's, not a tunnel's affair.</summary>
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
        string remote = json.RootElement.GetProperty("variants").GetProperty(variant).GetProperty("remote_ip").GetString()!;
        using var rig = TunnelRig.With(SettingsOf(variant), model => WithKeys(model, variant, remote));

        List<string> differences = [];
        int compared = 0;
        foreach (JsonElement given in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = given.GetProperty("name").GetString()!;
            if (given.GetProperty("variant").GetString() != variant || SwitchedOnly.Contains(name)) continue;
            if (variant == "ovn-geneve" && name == "reverse 5-tuple") continue;      // the lab's one flow has one pair of keys

            byte[] expected = Convert.FromHexString(given.GetProperty("out")[0].GetString()!);
            byte[] got = rig.Encapsulate(Convert.FromHexString(given.GetProperty("in").GetString()!));
            expected.AsSpan(0, 6).CopyTo(got);      // the lab has one MAC for each of its peers
            if (FrameDifference.Describe($"{variant}: {name}", [expected], [got]) is { } difference) differences.Add(difference);
            compared++;
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ\n{string.Join('\n', differences)}");
        Assert.Equal(cases, compared);
    }

    private static TunnelSettings SettingsOf(string variant)
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
    private static NetworkModel WithKeys(NetworkModel model, string variant, string remote) => model with
    {
        Nodes = [model.Nodes[0], model.Nodes[1] with { UnderlayV4 = IpAddress.Parse(remote) }],
        Pods = [.. model.Pods.Select(pod => pod with
        {
            TunnelId = variant switch { "antrea-geneve" => 0, "vxlan-8472" => 1, _ => 5u },
            SwitchKey = 5,
            PortKey = (ushort)(pod.Node == 0 ? 3 : 7),
        })],
    };
}
