using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>21-ovn</c>: what two chassis put on the wire. Each inner packet goes into our tunnel with the southbound database's
/// keys, and comes out as OVN's frame, nothing masked.
/// </summary>
public class OvnGoldenTests
{
    private const int OuterSize = 58;
    private const uint FirstSwitch = 2;

    private static readonly TunnelSettings Geneve = new()
    {
        Kind = TunnelKind.Geneve,
        Device = "genev_sys_6081",
        Port = GeneveHeader.UdpPort,
        IdSource = TunnelIdSource.LogicalSwitch,
        Inner = InnerFrame.RouterToPod,
        Df = TunnelDf.Set,
        IsOpenVSwitch = true,
        SourcePortMin = 32768,
        SourcePortMax = 60999,
    };

    [Fact]
    public void Datapath_ports_and_headers_are_ovn_s_to_the_byte()
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("21-ovn/ovn.json"));
        using var rig = TunnelRig.With(Geneve, model => WithKeys(model, json.RootElement), Manifests(json.RootElement));

        List<string> differences = [];
        (int Compared, int LeftOut) count = default;
        foreach (JsonElement given in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            foreach (JsonElement packet in given.GetProperty("geneve").EnumerateArray())
            {
                string name = given.GetProperty("name").GetString()!;
                bool fromFirst = packet.GetProperty("dir").GetString() == "h1>h2";
                byte[] expected = Convert.FromHexString(packet.GetProperty("frame").GetString()!);
                if (IsLeftOut(name, expected, fromFirst))
                {
                    count.LeftOut++;
                    continue;
                }

                byte[] got = rig.Encapsulate(expected[OuterSize..], fromFirst ? 0 : 1);
                if (FrameDifference.Describe(name, [expected], [got]) is { } difference) differences.Add(difference);
                count.Compared++;
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ\n{string.Join('\n', differences)}");
        Assert.Equal((38, 15), count);
    }

    /// <summary>
    /// Left out is what goes to the second chassis on the first switch, floods among them: in OVN-Kubernetes a switch has one
    /// node. A pod does not get what its port's ACL rejects, and gets a load balancer's replies under the address that it asked.
    /// </summary>
    [Fact]
    public void Packets_between_the_chassis_come_out_of_the_tunnel_as_pods_get_them()
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("21-ovn/ovn.json"));
        using var rig = TunnelRig.With(Geneve, model => WithKeys(model, json.RootElement), Manifests(json.RootElement));
        HashSet<string> received = [.. ReceivedByPods()];

        List<string> differences = [];
        (int Compared, int LeftOut, int AsReceived, int Changed) count = default;
        foreach (JsonElement packet in json.RootElement.GetProperty("cases").EnumerateArray().SelectMany(given => given.GetProperty("geneve").EnumerateArray()))
        {
            byte[] outer = Convert.FromHexString(packet.GetProperty("frame").GetString()!);
            int receiver = packet.GetProperty("dir").GetString() == "h1>h2" ? 1 : 0;
            if (packet.GetProperty("vni").GetUInt32() != FirstSwitch + receiver)
            {
                count.LeftOut++;
                continue;
            }

            (byte[]? frame, DropReason reason) = rig.Decapsulate(outer, receiver);
            if (FrameDifference.Describe($"at h{receiver + 1}: {reason}", [outer[OuterSize..]], frame is null ? [] : [frame]) is { } difference) differences.Add(difference);
            if (received.Contains(Convert.ToHexStringLower(outer[OuterSize..]))) count.AsReceived++;
            else count.Changed++;
            count.Compared++;
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ\n{string.Join('\n', differences)}");
        Assert.Equal((45, 8, 34, 11), count);
    }

    private static IEnumerable<string> ReceivedByPods() => new[] { "a", "b", "c", "w1", "w2" }
        .SelectMany(pod => PcapFile.Golden($"21-ovn/pod-{pod}.pcap").Frames).Select(frame => Convert.ToHexStringLower(frame.Bytes));

    // Floods are a switch's. What went to the load balancer has the port of the frame to its address, which is not in the packet.
    private static bool IsLeftOut(string name, byte[] frame, bool fromFirst) =>
        frame[OuterSize + 13] == 0x06 || (fromFirst && name.StartsWith("load balancer", StringComparison.Ordinal));

    private static string Manifests(JsonElement lab)
    {
        var yaml = new StringBuilder();
        string[] chassis = [.. lab.GetProperty("chassis").EnumerateObject().Select(one => one.Name)];
        foreach (string name in chassis)
        {
            string address = lab.GetProperty("chassis").GetProperty(name).GetString()!;
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Node
                metadata: {name: {{name}}}
                status: {addresses: [{type: InternalIP, address: {{address}}}]}

                """);
        }

        foreach (JsonProperty pod in lab.GetProperty("pods").EnumerateObject())
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: {{pod.Name}}, namespace: default}
                spec: {nodeName: {{pod.Value[0].GetString()}}}
                status: {phase: Running, podIP: {{pod.Value[2].GetString()}}, podIPs: [{ip: {{pod.Value[2].GetString()}}}]}

                """);
        }

        return yaml.ToString();
    }

    // ls1 has key 2 and ls2 key 3; a switch's router port has key 1, and the router's MAC there ends like its address. The
    // pods of the second switch all hang on the second chassis, which is how a node knows where its router's MAC comes from.
    private static NetworkModel WithKeys(NetworkModel model, JsonElement lab) => model with
    {
        Nodes = [.. model.Nodes.Select((node, at) => node with
        {
            SwitchKey = FirstSwitch + (uint)at,
            RouterPortKey = 1,
            RouterMac = MacAddress.Parse($"0a:58:0a:f4:0{at + 1}:01"),
        })],
        Pods = [.. model.Pods.Select(pod => pod with
        {
            Mac = MacAddress.Parse(BindingOf(lab, pod.Pod.Name)[5].GetString()!.Split(' ')[0]),
            MacKnown = true,
            PortKey = BindingOf(lab, pod.Pod.Name)[1].GetUInt16(),
            SwitchKey = lab.GetProperty("pods").GetProperty(pod.Pod.Name)[1].GetString() == "ls1" ? FirstSwitch : FirstSwitch + 1,
        })],
    };

    private static JsonElement BindingOf(JsonElement lab, string port) => lab.GetProperty("southbound").GetProperty("Port_Binding")
        .GetProperty("data").EnumerateArray().First(row => row[0].GetString() == port);
}
