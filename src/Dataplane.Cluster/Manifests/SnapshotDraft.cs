using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>The snapshot while files are read. An object that comes again replaces the earlier one, and that is
/// said.</summary>
internal sealed class SnapshotDraft
{
    private readonly ObjectTable<Node> _nodes = new("Node");
    private readonly ObjectTable<Namespace> _namespaces = new("Namespace");
    private readonly ObjectTable<Pod> _pods = new("Pod");
    private readonly ObjectTable<Service> _services = new("Service");
    private readonly ObjectTable<EndpointSlice> _slices = new("EndpointSlice");
    private readonly ObjectTable<ImmutableArray<EndpointSlice>> _endpoints = new("Endpoints");
    private readonly ObjectTable<NetworkPolicy> _policies = new("NetworkPolicy");
    private readonly ObjectTable<AdminNetworkPolicy> _admin = new("AdminNetworkPolicy");
    private readonly ObjectTable<AdminNetworkPolicy> _baseline = new("BaselineAdminNetworkPolicy");
    private readonly ObjectTable<ConfigMap> _configMaps = new("ConfigMap");
    private readonly ObjectTable<CalicoPool> _pools = new("IPPool");
    private readonly ObjectTable<CalicoAffinity> _affinities = new("BlockAffinity");
    private readonly ObjectTable<CalicoBlock> _blocks = new("IPAMBlock");
    private readonly ObjectTable<CalicoBgp> _bgp = new("BGPConfiguration");
    private readonly ObjectTable<CalicoFelix> _felix = new("FelixConfiguration");
    private readonly ObjectTable<CiliumNode> _ciliumNodes = new("CiliumNode");
    private readonly ObjectTable<CiliumEndpoint> _ciliumEndpoints = new("CiliumEndpoint");
    private readonly ObjectTable<CiliumIdentity> _ciliumIdentities = new("CiliumIdentity");
    private readonly ObjectTable<CiliumEgressPolicy> _ciliumEgress = new("CiliumEgressGatewayPolicy");
    private readonly ObjectTable<HostSubnet> _hostSubnets = new("HostSubnet");
    private readonly ObjectTable<NetNamespace> _netNamespaces = new("NetNamespace");
    private readonly ObjectTable<OpenShiftNetwork> _openShiftNetworks = new("ClusterNetwork");
    private readonly ObjectTable<EgressPolicy> _egressPolicies = new("EgressNetworkPolicy");
    private readonly ObjectTable<EgressPolicy> _firewalls = new("EgressFirewall");
    private readonly ObjectTable<EgressIp> _egressIps = new("EgressIP");
    private readonly OrderedDictionary<(string ApiVersion, string Kind), UnmodelledKind> _unmodelled = [];

    public List<Finding> Findings { get; } = [];

    public void Report(Severity severity, SourceLine source, string text) =>
        Findings.Add(new Finding(severity, source, text));

    public void Add(Node node) => _nodes.Add("", node.Name, node.Source, node, Findings);

    public void Add(Namespace space) => _namespaces.Add("", space.Name, space.Source, space, Findings);

    public void Add(Pod pod) => _pods.Add(pod.Namespace, pod.Name, pod.Source, pod, Findings);

    public void Add(
        Service service) => _services.Add(service.Namespace, service.Name, service.Source, service, Findings);

    public void Add(EndpointSlice slice) => _slices.Add(slice.Namespace, slice.Name, slice.Source, slice, Findings);

    public void Add(
        NetworkPolicy policy) => _policies.Add(policy.Namespace, policy.Name, policy.Source, policy, Findings);

    public void AddAdmin(AdminNetworkPolicy policy) => _admin.Add("", policy.Name, policy.Source, policy, Findings);

    public void AddBaseline(AdminNetworkPolicy policy) =>
        _baseline.Add("", policy.Name, policy.Source, policy, Findings);

    public void Add(ConfigMap map) => _configMaps.Add(map.Namespace, map.Name, map.Source, map, Findings);

    public void Add(CalicoPool pool) => _pools.Add("", pool.Name, pool.Source, pool, Findings);

    public void Add(CalicoAffinity affinity) => _affinities.Add("", affinity.Name, affinity.Source, affinity, Findings);

    public void Add(CalicoBlock block) => _blocks.Add("", block.Name, block.Source, block, Findings);

    public void Add(CalicoBgp bgp) => _bgp.Add("", bgp.Name, bgp.Source, bgp, Findings);

    public void Add(CalicoFelix felix) => _felix.Add("", felix.Name, felix.Source, felix, Findings);

    public void Add(CiliumNode node) => _ciliumNodes.Add("", node.Name, node.Source, node, Findings);

    public void Add(CiliumEndpoint endpoint) =>
        _ciliumEndpoints.Add(endpoint.Namespace, endpoint.Name, endpoint.Source, endpoint, Findings);

    public void Add(CiliumIdentity identity) => _ciliumIdentities.Add(
        "", identity.Id.ToString(CultureInfo.InvariantCulture), identity.Source, identity, Findings);

    public void Add(CiliumEgressPolicy policy) => _ciliumEgress.Add("", policy.Name, policy.Source, policy, Findings);

    public void Add(HostSubnet subnet) => _hostSubnets.Add("", subnet.Host, subnet.Source, subnet, Findings);

    public void Add(NetNamespace space) => _netNamespaces.Add("", space.Namespace, space.Source, space, Findings);

    public void Add(OpenShiftNetwork network) =>
        _openShiftNetworks.Add("", network.Name, network.Source, network, Findings);

    public void AddEgressPolicy(EgressPolicy policy) =>
        _egressPolicies.Add(policy.Namespace, policy.Name, policy.Source, policy, Findings);

    public void AddFirewall(EgressPolicy firewall) =>
        _firewalls.Add(firewall.Namespace, firewall.Name, firewall.Source, firewall, Findings);

    public void Add(EgressIp address) => _egressIps.Add("", address.Name, address.Source, address, Findings);

    public void AddEndpoints(string space, string name, SourceLine source, ImmutableArray<EndpointSlice> subsets) =>
        _endpoints.Add(space, name, source, subsets, Findings);

    public void AddUnmodelled(string apiVersion, string kind, SourceLine source)
    {
        UnmodelledKind known = _unmodelled.GetValueOrDefault((apiVersion, kind))
            ?? new UnmodelledKind(apiVersion, kind, 0, source, UnmodelledDraft.CanChangeVerdict(apiVersion, kind));
        _unmodelled[(apiVersion, kind)] = known with { Count = known.Count + 1 };
    }

    public ClusterSnapshot Build()
    {
        HashSet<(string, string)> sliced = [.. _slices.All.Select(slice => (slice.Namespace, slice.ServiceName))];
        IEnumerable<EndpointSlice> unsliced = _endpoints.All
            .SelectMany(subsets => subsets)
            .Where(subset => !sliced.Contains((subset.Namespace, subset.ServiceName)));
        var snapshot = new ClusterSnapshot
        {
            Nodes = [.. _nodes.All],
            Namespaces = [.. _namespaces.All],
            Pods = [.. _pods.All],
            Services = [.. _services.All],
            EndpointSlices = [.. _slices.All, .. unsliced],
            NetworkPolicies = [.. _policies.All],
            AdminNetworkPolicies = [.. _admin.All],
            BaselineAdminNetworkPolicies = [.. _baseline.All],
            ConfigMaps = [.. _configMaps.All],
            Calico = new CalicoObjects
            {
                Pools = [.. _pools.All],
                Affinities = [.. _affinities.All],
                Blocks = [.. _blocks.All],
                BgpConfigurations = [.. _bgp.All],
                FelixConfigurations = [.. _felix.All],
            },
            Cilium = new CiliumObjects
            {
                Nodes = [.. _ciliumNodes.All],
                Endpoints = [.. _ciliumEndpoints.All],
                Identities = [.. _ciliumIdentities.All],
                EgressPolicies = [.. _ciliumEgress.All],
            },
            OpenShift = new OpenShiftObjects
            {
                HostSubnets = [.. _hostSubnets.All],
                NetNamespaces = [.. _netNamespaces.All],
                ClusterNetworks = [.. _openShiftNetworks.All],
                EgressNetworkPolicies = [.. _egressPolicies.All],
            },
            Ovn = new OvnObjects { EgressFirewalls = [.. _firewalls.All], EgressIps = [.. _egressIps.All] },
            Unmodelled = [.. _unmodelled.Values],
        };

        return snapshot with { Findings = [.. Findings, .. Contradictions.Find(snapshot)] };
    }

    private sealed class ObjectTable<T>(string kind)
    {
        private readonly List<(T Value, SourceLine Source)> _all = [];
        private readonly Dictionary<(string, string), int> _places = [];

        public IEnumerable<T> All => _all.Select(entry => entry.Value);

        public void Add(string space, string name, SourceLine source, T value, List<Finding> findings)
        {
            if (_places.TryAdd((space, name), _all.Count))
            {
                _all.Add((value, source));
                return;
            }

            int place = _places[(space, name)];
            string full = space.Length == 0 ? name : $"{space}/{name}";
            findings.Add(new Finding(
                Severity.Warning, source, $"{kind} {full} is also at {_all[place].Source}: this later one counts"));
            _all[place] = (value, source);
        }
    }
}
