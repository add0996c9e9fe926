using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Cluster.Settings;

/// <summary>What <c>--set KEY=VALUE</c> says, parsed and checked; null where the manifests or the CNI decide.</summary>
public sealed record EmulationSettings
{
    public static readonly EmulationSettings Default = new();

    public TunnelOverrides Vxlan { get; init; } = TunnelOverrides.None;

    public TunnelOverrides Geneve { get; init; } = TunnelOverrides.None;

    public TunnelOverrides IpIp { get; init; } = TunnelOverrides.None;

    public LinkSettings Link { get; init; } = LinkSettings.None;

    public int? UnderlayMtu { get; init; }

    public int? TunnelMtu { get; init; }

    public int? PodMtu { get; init; }

    /// <summary>eth0's MAC, by node.</summary>
    public ImmutableDictionary<string, MacAddress> NodeMacs { get; init; } = NoMacs;

    /// <summary>The tunnel device's MAC, by node.</summary>
    public ImmutableDictionary<string, MacAddress> VtepMacs { get; init; } = NoMacs;

    /// <summary>cni0's MAC, by node.</summary>
    public ImmutableDictionary<string, MacAddress> BridgeMacs { get; init; } = NoMacs;

    /// <summary>The pod's MAC, by <c>namespace/name</c>.</summary>
    public ImmutableDictionary<string, MacAddress> PodMacs { get; init; } = NoMacs;

    /// <summary>By <c>namespace/name</c> of the pod: the host end of its veth.</summary>
    public ImmutableDictionary<string, MacAddress> VethMacs { get; init; } = NoMacs;

    public MacAddress? GatewayMac { get; init; }

    /// <summary>Whether nodes have a default route.</summary>
    public bool HasGateway { get; init; } = true;

    /// <summary>Nothing listens on the nodes' UDP ports (the tunnel's aside); otherwise anything may.</summary>
    public bool NodeUdpClosed { get; init; }

    public PodAttachment? PodAttachment { get; init; }

    public FlannelBackend? FlannelBackend { get; init; }

    public bool? FlannelDirectRouting { get; init; }

    public bool FlannelIpMasq { get; init; } = true;

    /// <summary>At most one prefix for each family.</summary>
    public ImmutableArray<IpPrefix> FlannelNetwork { get; init; } = [];

    /// <summary>Null: as the IPPool says.</summary>
    public EncapsulationMode? CalicoIpIp { get; init; }

    public EncapsulationMode? CalicoVxlan { get; init; }

    /// <summary>Null: as cilium-config says.</summary>
    public CiliumTunnel? CiliumTunnel { get; init; }

    /// <summary>OVN's keys, which no Kubernetes object holds.</summary>
    public OvnKeys OvnKeys { get; init; } = OvnKeys.None;

    public LoadBalancerAlgorithm LoadBalancer { get; init; }

    public int MaglevSize { get; init; } = 16381;

    public ConntrackProfile ConntrackProfile { get; init; }

    /// <summary>Connections that a node's table holds; null: as many as there are.</summary>
    public long? ConntrackMax { get; init; }

    public bool ForwardUnlisted { get; init; }

    /// <summary>kube-proxy's <c>--ipvs-scheduler</c>.</summary>
    public string IpvsScheduler { get; init; } = "rr";

    public ProxySettings Proxy { get; init; } = ProxySettings.Default;

    /// <summary>Who enforces NetworkPolicies; null: whoever the CNI is.</summary>
    public PolicyEnforcer? PolicyEnforcer { get; init; }

    /// <summary>null: as the ClusterNetwork says, else networkpolicy.</summary>
    public OpenShiftMode? OpenShiftMode { get; init; }

    public LimitSettings Limits { get; init; } = new();

    public ulong Seed { get; init; }

    /// <summary>
    /// The keys and values that were given, as they were given; of a key given twice the later value.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Given { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private static ImmutableDictionary<string, MacAddress> NoMacs => ImmutableDictionary<string, MacAddress>.Empty;

    /// <summary>
    /// Reads <c>KEY=VALUE</c> pairs in order; an unknown key or a bad value is an InvalidDataException in one line.
    /// </summary>
    public static EmulationSettings Parse(IEnumerable<string> pairs)
    {
        EmulationSettings settings = Default;
        foreach (string pair in pairs) settings = Apply(settings, pair);
        return settings;
    }

    private static EmulationSettings Apply(EmulationSettings settings, string pair)
    {
        int equals = pair.IndexOf('=');
        string key = equals < 0 ? pair : pair[..equals];
        SettingDefinition definition = SettingRegistry.Find(key, out string name);
        if (equals < 0)
            throw new InvalidDataException(
                $"setting {key} has no value: write {key}=VALUE, allowed is {definition.Allowed}");

        string value = pair[(equals + 1)..];
        EmulationSettings applied = definition.Apply(settings, name, value)
            ?? throw new InvalidDataException(
                $"setting {key}={SettingValues.Show(value)}: allowed is {definition.Allowed}");
        return applied with { Given = applied.Given.SetItem(key, value) };
    }
}

/// <summary>Ports from <c>First</c> to <c>Last</c>, both inclusive.</summary>
public readonly record struct PortRange(ushort First, ushort Last);

/// <summary>How flannel takes pod traffic from node to node.</summary>
public enum FlannelBackend : byte
{
    Vxlan,
    HostGateway,
    IpIp,
}

/// <summary>Cilium's tunnel-protocol; none is routing-mode native.</summary>
public enum CiliumTunnel : byte
{
    Vxlan,
    Geneve,
    None,
}

/// <summary>How a service's backend is chosen for a new connection.</summary>
public enum LoadBalancerAlgorithm : byte
{
    Random,
    Maglev,
}

/// <summary>Whose connection states and timeouts apply.</summary>
public enum ConntrackProfile : byte
{
    Linux,
    Cilium,
}

/// <summary>
/// Whose enforcement of NetworkPolicies stands beside the CNI: Calico beside Flannel is what people call Canal.
/// </summary>
public enum PolicyEnforcer : byte
{
    /// <summary>Nobody: policies are written in vain.</summary>
    None,
    Calico,
    Cilium,
    OvnKubernetes,

    /// <summary>
    /// OpenShift SDN's multitenant mode, which knows no policies: pods of different NetIDs are kept apart.
    /// </summary>
    Projects,
}

/// <summary>OpenShift SDN's plugins (openshift/sdn's pkg/network/networkapi).</summary>
public enum OpenShiftMode : byte
{
    /// <summary>redhat/openshift-ovs-subnet: one network for all.</summary>
    Subnet,

    /// <summary>redhat/openshift-ovs-multitenant: a network for each project.</summary>
    Multitenant,

    /// <summary>redhat/openshift-ovs-networkpolicy.</summary>
    NetworkPolicy,
}
