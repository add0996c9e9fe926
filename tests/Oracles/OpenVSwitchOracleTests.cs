using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Scenarios;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random frames through Open vSwitch's userspace datapath and through ours: the same bytes, nothing masked. And what
/// the one encapsulates comes out of the other as it was.
/// </summary>
public sealed class OpenVSwitchOracleTests
{
    private const int Frames = 50;
    private const string PodA = "0a:58:0a:f4:01:0a";
    private const string PodB = "0a:58:0a:f4:02:14";

    [Fact]
    public void Geneve_and_vxlan_are_open_vswitch_s_both_ways()
    {
        string missing = OpenVSwitchLab.Missing();
        Assert.SkipUnless(missing.Length == 0, missing);
        OpenVSwitchVariant[] variants = [.. Variants()];
        using OpenVSwitchLab lab = StartOrSkip(variants);
        List<string> differences = [];
        int compared = 0;
        for (int number = 0; number < variants.Length; number++)
        {
            OpenVSwitchVariant variant = variants[number];
            List<byte[]> sent = [.. new RandomPodPackets(4, number + 1, PodA, PodB, tagged: false).Take(Frames)];
            // the rig's keys are IPv4 pods'
            if (variant.Name != "ovn-geneve")
                sent.AddRange(new RandomPodPackets(6, number + 1, PodA, PodB, tagged: false).Take(Frames));
            using TunnelRig sender = RigOf(variant, Over(variant, OpenVSwitchGoldenTests.SettingsOf(variant.Name)));
            using TunnelRig receiver = RigOf(variant, Over(variant, OpenVSwitchGoldenTests.Receiving(variant.Name)));

            List<byte[]> theirs = lab.Encapsulate(number, sent);
            List<byte[]> ours = [.. sent.Select(frame => sender.Encapsulate(frame))];
            Add(differences, $"{variant.Name}: encapsulated", theirs, ours);

            (byte[]? Frame, DropReason Drop)[] opened =
                [.. theirs.Select(frame => receiver.Decapsulate(frame, node: 1))];
            differences.AddRange(opened.Where(one => one.Drop != DropReason.None)
                .Select(one => $"{variant.Name}: theirs dropped: {one.Drop}"));
            Add(differences, $"{variant.Name}: theirs, decapsulated by us",
                sent, [.. opened.Select(one => one.Frame ?? [])]);

            List<byte[]> back = [.. sent.Select(frame => sender.Encapsulate(frame, node: 1))];
            Add(differences, $"{variant.Name}: ours, decapsulated by them", sent, lab.Decapsulate(back));
            compared += sent.Count;
        }

        Assert.True(
            differences.Count == 0, $"{differences.Count} differences\n{string.Join('\n', differences.Take(5))}");
        Assert.Equal((9, 17 * Frames), (variants.Length, compared));
    }

    private static void Add(List<string> differences, string where, List<byte[]> expected, List<byte[]> got)
    {
        if (FrameDifference.Describe(where, expected, got) is { } difference) differences.Add(difference);
    }

    private static OpenVSwitchLab StartOrSkip(OpenVSwitchVariant[] variants)
    {
        try
        {
            return new OpenVSwitchLab(variants);
        }
        catch (Exception cannot) when (cannot is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"this machine does not run Open vSwitch: {cannot.Message}");
            throw;
        }
    }

    private static TunnelRig RigOf(OpenVSwitchVariant variant, TunnelSettings settings) => TunnelRig.With(
        settings, model => WithSameReceiver(OpenVSwitchGoldenTests.WithKeys(
            model, variant.Name, variant.Remote == OpenVSwitchLab.PeerV6 ? "192.168.56.12" : variant.Remote), variant));

    // Both nodes take what the lab's one flow sends.
    private static NetworkModel WithSameReceiver(NetworkModel model, OpenVSwitchVariant variant) => model with
    {
        Nodes = [.. model.Nodes.Select((node, number) => node with
        {
            UnderlayV6 = IpAddress.Parse(number == 0 ? OpenVSwitchLab.NodeV6 : OpenVSwitchLab.PeerV6),
            SwitchKey = 5,
            TunnelId = variant.Name switch { "antrea-geneve" => 0, "vxlan-8472" => 1, _ => 5u },
            TunnelMac = MacAddress.Parse(PodB),
        })],
    };

    private static TunnelSettings Over(OpenVSwitchVariant variant, TunnelSettings settings) =>
        variant.Remote == OpenVSwitchLab.PeerV6
            ? settings with { OuterFamily = 6, UdpChecksum = true, Df = TunnelDf.Unset }
            : settings;

    /// <summary>Those of the goldens, and two with IPv6 outside.</summary>
    private static IEnumerable<OpenVSwitchVariant> Variants()
    {
        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read("20-ovs-userspace/encap.json"));
        foreach (JsonProperty variant in json.RootElement.GetProperty("variants").EnumerateObject())
        {
            string Text(string name) => variant.Value.GetProperty(name).GetString()!;
            yield return new OpenVSwitchVariant(
                variant.Name, Text("type"), Text("options"), Text("actions"), Text("remote_ip"));
        }

        yield return new OpenVSwitchVariant(
            "geneve-v6", "geneve", "options:key=flow", "set_field:5->tun_id", OpenVSwitchLab.PeerV6);
        yield return new OpenVSwitchVariant(
            "vxlan-v6", "vxlan", "options:key=flow", "set_field:5->tun_id", OpenVSwitchLab.PeerV6);
    }
}
