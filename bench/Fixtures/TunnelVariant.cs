using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Bench.Fixtures;

/// <summary>
/// Every filling and outer header that a CNI's tunnel has, over two nodes of a <see cref="SampleCluster"/>.
/// </summary>
public sealed record TunnelVariant(
    string Name, string Cni, ImmutableArray<string> Settings, Func<NetworkModel, NetworkModel> Change)
{
    public const string Baseline = "VXLAN (Flannel)";

    private const string TransitSwitch = "OVN, a zone each (TransitSwitch)";

    public static ImmutableArray<TunnelVariant> All { get; } =
    [
        Of(Baseline, "flannel"),
        Of("VXLAN over IPv6 (Devices)", "flannel") with { Change = OverIpv6 },
        Of("Geneve device (Devices)", "flannel") with { Change = Geneve },
        Of("Calico VXLAN (Devices)", "calico", "calico.ipip=Never", "calico.vxlan=Always"),
        Of("Cilium VXLAN (Identity)", "cilium"),
        Of("Cilium Geneve (Identity)", "cilium", "cilium.tunnel=geneve"),
        Of("OpenShift SDN (PodNetwork)", "openshift-sdn"),
        Of("OVN, one zone (LogicalSwitch)", "ovn-kubernetes"),
        Of(TransitSwitch, "ovn-kubernetes"),
        Of("IPIP (Calico)", "calico", "calico.ipip=Always"),
    ];

    public override string ToString() => Name;

    /// <summary>The cluster with one of its nodes alone.</summary>
    public Emulation Compile(string node)
    {
        ClusterSnapshot cluster = new SampleCluster(2, 0, 0).Snapshot;
        if (Name == TransitSwitch) cluster = cluster with { Nodes = [.. cluster.Nodes.Select(InZone)] };
        var options = new ReplayOptions { Cni = Cni, Node = node, Proxy = "ebpf", Settings = Settings };
        var settings = EmulationSettings.Parse(Settings);
        var enforcement = PolicyEnforcement.Of(cluster, Cni, settings);
        return Emulation.Compile(
            Change(CniProfiles.Compile(Cni, cluster, settings, enforcement)), enforcement, options, []);
    }

    private static TunnelVariant Of(string name, string cni, params string[] settings) =>
        new(name, cni, [.. settings], model => model);

    private static Node InZone(Node node, int number) => node with
    {
        Annotations = ImmutableDictionary<string, string>.Empty
            .Add("k8s.ovn.org/node-id", $"{number + 2}")
            .Add("k8s.ovn.org/zone-name", node.Name)
            .Add("k8s.ovn.org/node-transit-switch-port-ifaddr", $$"""{"ipv4":"100.88.0.{{number + 2}}/16"}"""),
    };

    private static NetworkModel OverIpv6(NetworkModel model) => model with
    {
        Nodes = [.. model.Nodes.Select((node, number) => node with
        {
            UnderlayV6 = Underlay(number),
            OwnAddresses = [.. node.OwnAddresses, Underlay(number)],
        })],
        Tunnel = model.Tunnel! with { OuterFamily = 6, Overhead = 70 },
    };

    private static IpAddress Underlay(int number) => IpAddress.Parse($"fd00:56::{number + 1}");

    private static NetworkModel Geneve(NetworkModel model) => model with
    {
        Tunnel = new TunnelSettings
        {
            Kind = TunnelKind.Geneve,
            Device = "geneve",
            Vni = 1,
            Port = GeneveHeader.UdpPort,
            UdpChecksum = false,
            SourcePortMin = 1,
            SourcePortMax = ushort.MaxValue - 1,
        },
    };
}
