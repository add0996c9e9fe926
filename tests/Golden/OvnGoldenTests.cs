using System.Text.Json;
using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// <c>21-ovn</c>: what two chassis put on the wire. Each inner packet goes into our tunnel with the southbound
/// database's keys, and comes out as OVN's frame, nothing masked.
/// </summary>
public class OvnGoldenTests
{
    internal const int OuterSize = 58;

    [Fact]
    public void Datapath_ports_and_headers_are_ovn_s_to_the_byte()
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("21-ovn/ovn.json"));
        using var rig = TunnelRig.With(
            OvnLab.Geneve, model => OvnLab.WithKeys(model, json.RootElement), OvnLab.Manifests(json.RootElement));

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
    /// A pod does not get what its port's ACL rejects, and gets a load balancer's replies
    /// under the address that it asked.
    /// </summary>
    [Fact]
    public void Packets_between_the_chassis_come_out_of_the_tunnel_as_pods_get_them()
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("21-ovn/ovn.json"));
        using var rig = TunnelRig.With(
            OvnLab.Geneve, model => OvnLab.WithKeys(model, json.RootElement), OvnLab.Manifests(json.RootElement));
        HashSet<string> received = [.. ReceivedByPods()];

        List<string> differences = [];
        (int Compared, int AsReceived, int Changed) count = default;
        foreach (JsonElement packet in json.RootElement.GetProperty("cases")
            .EnumerateArray().SelectMany(given => given.GetProperty("geneve").EnumerateArray()))
        {
            byte[] outer = Convert.FromHexString(packet.GetProperty("frame").GetString()!);
            int receiver = packet.GetProperty("dir").GetString() == "h1>h2" ? 1 : 0;
            (byte[]? frame, DropReason reason) = rig.Decapsulate(outer, receiver);
            if (FrameDifference.Describe($"at h{receiver + 1}: {reason}", [outer[OuterSize..]],
                frame is null ? [] : [frame]) is { } difference) differences.Add(difference);
            if (received.Contains(Convert.ToHexStringLower(outer[OuterSize..]))) count.AsReceived++;
            else count.Changed++;
            count.Compared++;
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ\n{string.Join('\n', differences)}");
        Assert.Equal((53, 42, 11), count);
    }

    private static IEnumerable<string> ReceivedByPods() => new[] { "a", "b", "c", "w1", "w2" }
        .SelectMany(pod => PcapFile.Golden($"21-ovn/pod-{pod}.pcap").Frames)
        .Select(frame => Convert.ToHexStringLower(frame.Bytes));

    // Other stages' work too, and OvnPipelineGoldenTests': floods, and the load balancer's
    // frames, whose port is not in them.
    private static bool IsLeftOut(string name, byte[] frame, bool fromFirst) =>
        frame[OuterSize + 13] == 0x06 || (fromFirst && name.StartsWith("load balancer", StringComparison.Ordinal));
}
