using Dataplane.Cluster.Network;
using Dataplane.Tests.Golden;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// What each CNI puts around one echo request from 10.244.1.10 to a pod of the other node: outer headers worked out by
/// hand from the kernel's sources. The id is set aside, and the source port; the checksums then follow.
/// </summary>
public class TunnelVectorTests
{
    private const string Echo = "45000024abcd40003f01791f0af400020af4010308005558111100016162636465666768";

    [Fact]
    public void Flannel_sends_from_device_to_device_with_a_checksum()
    {
        var tunnel = new TunnelSettings { Kind = TunnelKind.Vxlan, Device = "flannel.1" };
        AssertOuter(
            tunnel,
            "4500005600000000 4011892f c0a8380b c0a8380c 00002118 00420000 0800000000000100 0200000000bb "
            + "0200000000aa 0800",
            model =>
                model with { Nodes = [.. model.Nodes.Select((node, at) => node with { TunnelMac = DeviceMac(at) })] });
    }

    [Fact]
    public void Cilium_sends_the_pod_s_own_frame_with_its_identity_and_no_checksum()
    {
        var tunnel = new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = "cilium_vxlan",
            IdSource = TunnelIdSource.Sender,
            Inner = InnerFrame.AsSent,
            UdpChecksum = false,
        };
        AssertOuter(
            tunnel,
            "4500005600000000 4011892f c0a8380b c0a8380c 00002118 00420000 08000000001a2b00 020000000001 "
            + "0a580af4010a 0800",
            model => WithPods(model, pod => pod with { TunnelId = 0x1a2b }));
    }

    [Fact]
    public void OpenShift_sdn_sends_from_pod_to_pod_with_the_net_id()
    {
        var tunnel = new TunnelSettings
        {
            Kind = TunnelKind.Vxlan,
            Device = "vxlan_sys_4789",
            Port = 4789,
            IdSource = TunnelIdSource.Sender,
            Inner = InnerFrame.PodToPod,
            UdpChecksum = false,
            Df = TunnelDf.Set,
        };
        AssertOuter(
            tunnel,
            "4500005600004000 4011492f c0a8380b c0a8380c 000012b5 00420000 08000000bc614e00 0a580af40214 "
            + "0a580af4010a 0800",
            model => WithPods(model, pod => pod with { TunnelId = 12345678 }));
    }

    [Fact]
    public void Ovn_sends_from_the_router_s_port_on_the_receiver_s_switch()
    {
        AssertOuter(
            Ovn(TunnelIdSource.LogicalSwitch, InnerFrame.RouterToPod),
            "4500005e00004000 40114927 c0a8380b c0a8380c 000017c1 004a0000 0240655800000700 0102800100020005 "
            + "0a580af40214 0a580af40201 0800",
            model => WithPods(WithKeys(model), pod => pod with { PortKey = 5 }));
    }

    [Fact]
    public void Ovn_interconnect_sends_over_the_transit_switch()
    {
        AssertOuter(
            Ovn(TunnelIdSource.TransitSwitch, InnerFrame.TunnelDevices) with { Vni = 16711683 },
            "4500005e00004000 40114927 c0a8380b c0a8380c 000017c1 004a0000 02406558ff000300 0102800100020003 "
            + "0200000000bb 0200000000aa 0800",
            model => WithKeys(model) with
            {
                Nodes = [.. model.Nodes.Select((node, at) =>
                    node with { TunnelMac = DeviceMac(at), TransitPortKey = (ushort)(2 + at) })],
            });
    }

    [Fact]
    public void Ipip_takes_ttl_and_df_from_inside()
    {
        var tunnel = new TunnelSettings { Kind = TunnelKind.IpInIp, Device = "tunl0", Ttl = 0, Df = TunnelDf.Inherit };
        AssertOuter(tunnel, "4500003800004000 3f044a5a c0a8380b c0a8380c");
    }

    private static TunnelSettings Ovn(TunnelIdSource source, InnerFrame inner) => new()
    {
        Kind = TunnelKind.Geneve,
        Device = "genev_sys_6081",
        Port = 6081,
        IdSource = source,
        Inner = inner,
        Df = TunnelDf.Set,
    };

    private static MacAddress DeviceMac(int node) =>
        MacAddress.Parse(node == 0 ? "02:00:00:00:00:aa" : "02:00:00:00:00:bb");

    private static NetworkModel WithPods(NetworkModel model, Func<PodNetwork, PodNetwork> change) =>
        model with { Pods = [.. model.Pods.Select(change)] };

    private static NetworkModel WithKeys(NetworkModel model) => model with
    {
        Nodes = [.. model.Nodes.Select((node, at) => node with
        {
            SwitchKey = (uint)(6 + at),
            RouterPortKey = 2,
            RouterMac = MacAddress.Parse($"0a:58:0a:f4:0{at + 1}:01"),
        })],
    };

    private static void AssertOuter(
        TunnelSettings tunnel, string outer, Func<NetworkModel, NetworkModel>? change = null)
    {
        byte[] inner = Convert.FromHexString(Echo);
        "0af4010a0af40214".Chunk(2).Select(pair => Convert.ToByte(new string(pair), 16)).ToArray().CopyTo(inner, 12);
        FixChecksum(inner);
        using var rig = TunnelRig.With(tunnel, change);
        byte[] sent = rig.Encapsulate([.. Convert.FromHexString("0200000000010a580af4010a0800"), .. inner]);

        byte[] expected = [.. Convert.FromHexString(
            "0200c0a8380c0200c0a8380b0800" + outer.Replace(" ", "", StringComparison.Ordinal)), .. inner];
        byte[] fair = FairFrame.Normalize(sent);
        if (tunnel.UdpChecksum && tunnel.Kind != TunnelKind.IpInIp)
        {
            Assert.NotEqual(0, fair[40] << 8 | fair[41]);
            Assert.True(HasGoodUdpChecksum(sent), "the outer UDP checksum is wrong");
            fair[40] = fair[41] = 0;
        }

        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(fair));
    }

    private static void FixChecksum(byte[] packet)
    {
        packet[10] = packet[11] = 0;
        ushort sum = (ushort)~OnesSum(packet.AsSpan(0, 20));
        packet[10] = (byte)(sum >> 8);
        packet[11] = (byte)sum;
    }

    private static bool HasGoodUdpChecksum(byte[] frame)
    {
        byte[] pseudo = [.. frame.AsSpan(26, 8), 0, 17, frame[38], frame[39], .. frame.AsSpan(34)];
        return OnesSum(pseudo) == 0xffff;
    }

    private static ushort OnesSum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int at = 0; at < bytes.Length; at++) sum += (uint)bytes[at] << (at % 2 == 0 ? 8 : 0);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)sum;
    }
}
