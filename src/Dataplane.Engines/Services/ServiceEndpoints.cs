using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>
/// Who stands behind the ports of Services: EndpointSlices merged, or Pods by selector where a Service has no slice at
/// all, as the endpoints controller would have found them.
/// </summary>
internal sealed class ServiceEndpoints
{
    private readonly Dictionary<(string Namespace, string Name), List<EndpointSlice>> _slices = [];
    private readonly Dictionary<string, string> _zones = [];
    private readonly ImmutableArray<Pod> _pods;
    private readonly Dictionary<(IpAddress Address, ushort Port), int> _seen = [];
    private readonly List<ProxiedEndpoint> _found = [];
    private readonly List<Pod> _selected = [];
    private Service? _selectedFor;
    private Dictionary<(string Namespace, string Key, string Value), List<Pod>>? _podsByLabel;

    public ServiceEndpoints(ClusterSnapshot snapshot)
    {
        _pods = snapshot.Pods;
        foreach (Node node in snapshot.Nodes) _zones[node.Name] = node.Zone;
        foreach (EndpointSlice slice in snapshot.EndpointSlices)
        {
            var key = (slice.Namespace, slice.ServiceName);
            if (!_slices.TryGetValue(key, out List<EndpointSlice>? slices)) _slices[key] = slices = [];
            slices.Add(slice);
        }
    }

    /// <summary>Whether the manifests leave this Service's endpoints to its selector.</summary>
    public bool IsLeftToSelector(Service service) => !service.Selector.IsEmpty && SlicesOf(service).Count == 0;

    public IReadOnlyList<EndpointSlice> SlicesOf(Service service) =>
        _slices.TryGetValue((service.Namespace, service.Name), out List<EndpointSlice>? slices) ? slices : [];

    /// <summary>The endpoints of one port and family, in whatever condition, in the order of the manifests.</summary>
    public ImmutableArray<ProxiedEndpoint> Of(Service service, ServicePort port, int family)
    {
        _seen.Clear();
        _found.Clear();
        if (IsLeftToSelector(service)) CollectPods(service, port, family);
        else CollectSlices(service, port, family);

        return [.. _found];
    }

    /// <summary>The pods that the Service's selector finds.</summary>
    public IReadOnlyList<Pod> Selected(Service service)
    {
        if (ReferenceEquals(_selectedFor, service)) return _selected;

        _selectedFor = service;
        _selected.Clear();
        foreach (Pod pod in Candidates(service))
        {
            if (service.Selector.All(
                label => pod.Labels.TryGetValue(label.Key, out string? found) && found == label.Value))
                _selected.Add(pod);
        }

        return _selected;
    }

    private void CollectSlices(Service service, ServicePort port, int family)
    {
        foreach (EndpointSlice slice in SlicesOf(service))
        {
            foreach (EndpointPort slicePort in slice.Ports)
            {
                if (slicePort.Port == 0 || slicePort.Protocol != port.Protocol || slicePort.Name != port.Name) continue;

                foreach (Endpoint endpoint in slice.Endpoints) Collect(service, endpoint, slicePort.Port, family);
            }
        }
    }

    private void Collect(Service service, Endpoint endpoint, ushort port, int family)
    {
        foreach (IpAddress address in endpoint.Addresses)
        {
            if (address.Family != family) continue;

            Add(new ProxiedEndpoint(address, port, endpoint.Source)
            {
                Ready = endpoint.Ready || service.PublishNotReadyAddresses,
                Serving = endpoint.Serving,
                Terminating = endpoint.Terminating,
                NodeName = endpoint.NodeName,
                HintZones = endpoint.HintZones,
            });
        }
    }

    private void CollectPods(Service service, ServicePort port, int family)
    {
        foreach (Pod pod in Selected(service))
        {
            bool ready = pod.Phase == "Running" || service.PublishNotReadyAddresses;
            if (!ready || pod.IsTerminated || !TryResolve(pod, port, out ushort target)) continue;

            foreach (IpAddress address in pod.Addresses)
            {
                if (address.Family != family) continue;

                Add(new ProxiedEndpoint(address, target, pod.Source)
                {
                    Ready = true,
                    Serving = true,
                    NodeName = pod.NodeName,
                    HintZones = HintsFor(service, pod.NodeName),
                });
            }
        }
    }

    /// <summary>
    /// What the EndpointSlice controller would hint: each zone keeps to itself where the Service asks for it.
    /// </summary>
    private ImmutableArray<string> HintsFor(Service service, string node) =>
        service.TrafficDistribution is "PreferClose" or "PreferSameZone"
        && _zones.TryGetValue(node, out string? zone) && zone.Length > 0 ? [zone] : [];

    private static bool TryResolve(Pod pod, ServicePort port, out ushort target)
    {
        PortReference reference = port.TargetPort;
        target = reference.IsNone ? port.Port : reference.Number;
        if (reference.Name is null) return true;

        foreach (ContainerPort candidate in pod.Ports)
        {
            if (candidate.Name != reference.Name || candidate.Protocol != port.Protocol) continue;

            target = candidate.Port;
            return true;
        }

        return false;
    }

    /// <summary>One address and port counts once, in its best condition, however many slices name it.</summary>
    private void Add(ProxiedEndpoint endpoint)
    {
        var key = (endpoint.Address, endpoint.Port);
        if (_seen.TryAdd(key, _found.Count)) _found.Add(endpoint);
        else if (Betters(endpoint, _found[_seen[key]])) _found[_seen[key]] = endpoint;
    }

    private static bool Betters(ProxiedEndpoint endpoint, ProxiedEndpoint known) => endpoint.Ready != known.Ready
        ? endpoint.Ready
        : known.NodeName.Length == 0 && endpoint.NodeName.Length > 0;

    /// <summary>Pods that have one of the selector's labels, the rarest.</summary>
    private List<Pod> Candidates(Service service)
    {
        _podsByLabel ??= IndexPods();
        List<Pod>? fewest = null;
        foreach ((string key, string value) in service.Selector)
        {
            if (!_podsByLabel.TryGetValue((service.Namespace, key, value), out List<Pod>? pods)) return [];
            if (fewest is null || pods.Count < fewest.Count) fewest = pods;
        }

        return fewest ?? [];
    }

    private Dictionary<(string Namespace, string Key, string Value), List<Pod>> IndexPods()
    {
        var index = new Dictionary<(string Namespace, string Key, string Value), List<Pod>>();
        foreach (Pod pod in _pods)
        {
            foreach ((string key, string value) in pod.Labels)
            {
                if (!index.TryGetValue((pod.Namespace, key, value), out List<Pod>? pods))
                    index[(pod.Namespace, key, value)] = pods = [];

                pods.Add(pod);
            }
        }

        return index;
    }
}
