using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster.Cni;

/// <summary>
/// The labs' settings against what the labs' kernel printed (<c>ip -d link</c>, <c>ip -br addr</c>, <c>ip neigh</c>).
/// </summary>
public class OverlayLabTests
{
    public static TheoryData<string> Variants => [.. OverlayLab.Variants];

    [Theory, MemberData(nameof(Variants))]
    public void Nodes_have_the_devices_that_ip_link_prints(string variant)
    {
        (NetworkModel model, JsonElement setup) = Compile(variant);
        Assert.Equal(2, model.Nodes.Length);
        foreach (NodeNetwork node in model.Nodes)
        {
            string links = setup.GetProperty(node.Name).GetProperty("links").GetString()!;
            Assert.Equal((node.UnderlayMac.ToString(), node.UnderlayMtu), Link(links, "eth0@"));
            Assert.Equal((node.BridgeMac.ToString(), node.PodMtu), Link(links, "cni0:"));
            Assert.True(node.BridgeMacKnown);
            Assert.False(node.HasDefaultRoute);
            if (model.Tunnel is null) continue;
            Assert.Equal((node.TunnelMac.ToString(), node.TunnelMtu),
                Link(links, setup.GetProperty("tunnel_device") + ":"));
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void Nodes_have_the_addresses_that_ip_addr_prints(string variant)
    {
        (NetworkModel model, JsonElement setup) = Compile(variant);
        foreach (NodeNetwork node in model.Nodes)
        {
            string[] ours = [.. new[] { node.UnderlayV4, node.BridgeV4, node.BridgeV6, node.TunnelV4, node.TunnelV6 }
                .Where(address => !address.IsNone).Select(address => address.ToString()).Order(StringComparer.Ordinal)];
            string printed = setup.GetProperty(node.Name).GetProperty("addr").GetString()!;
            string[] kernel = [.. Regex.Matches(printed, @"(\S+)/\d+").Select(match => match.Groups[1].Value)
                .Where(address =>
                    address is not ("127.0.0.1" or "::1") && !address.StartsWith("fe80:", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)];
            Assert.Equal(kernel, ours);
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_tunnel_is_the_one_that_ip_link_prints(string variant)
    {
        (NetworkModel model, JsonElement setup) = Compile(variant);
        string links = setup.GetProperty("n1").GetProperty("links").GetString()!;
        Match vxlan = Regex.Match(links, @"vxlan id .* addrgenmode");
        Assert.Equal(vxlan.Success, model.Tunnel is not null);
        if (model.Tunnel is not { } tunnel) return;

        string text = vxlan.Value;
        Assert.Equal(tunnel.Vni.ToString(CultureInfo.InvariantCulture), Word(text, "id"));
        Assert.Equal(tunnel.Port.ToString(CultureInfo.InvariantCulture), Word(text, "dstport"));
        Assert.Equal(
            tunnel.Ttl switch { 0 => "inherit", 64 => "auto", byte ttl => ttl.ToString(CultureInfo.InvariantCulture) },
                Word(text, "ttl"));
        Assert.Equal(tunnel.TosInherit ? "inherit" : tunnel.Tos == 0 ? "" : $"0x{tunnel.Tos:x}", Word(text, "tos"));
        Assert.Equal(tunnel.Df == TunnelDf.Unset ? "" : tunnel.Df.ToString().ToLowerInvariant(), Word(text, "df"));
        Assert.Equal(tunnel.UdpChecksum, text.Contains(" udpcsum", StringComparison.Ordinal));
        string ports = Regex.Match(text, @"srcport (\d+ \d+)").Groups[1].Value;
        Assert.Equal(ports == "0 0" ? "32768 60999" : ports, $"{tunnel.SourcePortMin} {tunnel.SourcePortMax + 1}");
        if (tunnel.Vni == 1) Assert.Equal(tunnel.Device, setup.GetProperty("tunnel_device").GetString());
    }

    [Theory, MemberData(nameof(Variants))]
    public void Pods_have_the_macs_that_their_nodes_know_as_neighbours(string variant)
    {
        (NetworkModel model, JsonElement setup) = Compile(variant);
        Assert.Equal(4, model.Pods.Length);
        foreach (PodNetwork pod in model.Pods)
        {
            string neighbours = setup.GetProperty(model.Nodes[pod.Node].Name).GetProperty("neigh").GetString()!;
            Assert.Contains($"{pod.V4} dev cni0 lladdr {pod.Mac} ", neighbours, StringComparison.Ordinal);
            Assert.True(pod.MacKnown);
            Assert.Equal(variant == "vxlan-v6inner", pod.V6.IsV6);
        }
    }

    [Fact]
    public void Only_host_gw_goes_without_a_tunnel() =>
        Assert.Equal(["hostgw"], OverlayLab.Variants
            .Where(variant => Compile(variant).Model.Direct == DirectRouting.Always));

    [Fact]
    public void Outer_fragments_of_the_misconfigured_lab_are_foretold() => Assert.Contains(
        "tunnel MTU 1500 and 50 bytes of outer headers exceed the underlay's 1500: large packets leave as outer "
        + "fragments",
        Compile("vxlan-misconf-frag").Model.Notes);

    [Fact]
    public void Every_flannel_lab_has_a_folder_and_is_listed()
    {
        string lab = Path.GetDirectoryName(FolderOrSkip("vxlan-flannel"))!;
        string[] folders = [.. Directory.GetDirectories(lab).Select(Path.GetFileName).OfType<string>()
            .Where(name => name.StartsWith("vxlan-", StringComparison.Ordinal) || name == "hostgw")];
        Assert.Equal(
            folders.Where(name => name != "vxlan-v6underlay").Order(StringComparer.Ordinal),
            OverlayLab.Variants.Order(StringComparer.Ordinal));
    }

    private static (NetworkModel Model, JsonElement Setup) Compile(string variant)
    {
        string folder = FolderOrSkip(variant);
        (ClusterSnapshot snapshot, string[] settings) = OverlayLab.Load(folder);
        return (CniProfiles.Compile("flannel", snapshot, EmulationSettings.Parse(settings)), OverlayLab.Setup(folder));
    }

    private static string FolderOrSkip(string variant)
    {
        string? folder = OverlayLab.Folder(variant);
        if (folder is null) Assert.Skip($"golden/10-overlay/{variant} is absent");
        return folder;
    }

    private static (string Mac, int Mtu) Link(string links, string device)
    {
        Match match = Regex.Match(links, $@"^\d+: {Regex.Escape(device)}.* mtu (\d+) .*\n\s+link/ether (\S+)",
            RegexOptions.Multiline);
        return (match.Groups[2].Value, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static string Word(string text, string name) => Regex.Match(text, $@"\b{name} (\S+)").Groups[1].Value;
}
