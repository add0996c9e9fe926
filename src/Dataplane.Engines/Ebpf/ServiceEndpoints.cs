using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Who stands behind the ports of Services: EndpointSlices merged, or Pods by selector where a Service has no slice at
/// all, as the endpoints controller would have found them.
/// </summary>
internal sealed class ServiceEndpoints
{
    private readonly Dictionary<(string Namespace, string Name), List<EndpointSlice>> _slices = [];
    private readonly ImmutableArray<Pod> _pods;
    private readonly Dictionary<(IpAddress Address, ushort Port), int> _seen = [];
    private readonly List<Candidate> _candidates = [];
    private Dictionary<(string Namespace, string Key, string Value), List<Pod>>? _podsByLabel;

    public ServiceEndpoints(ClusterSnapshot snapshot)
    {
        _pods = snapshot.Pods;
        foreach (EndpointSlice slice in snapshot.EndpointSlices)
        {
            var key = (slice.Namespace, slice.ServiceName);
            if (!_slices.TryGetValue(key, out List<EndpointSlice>? slices)) _slices[key] = slices = [];
            slices.Add(slice);
        }
    }

    /// <summary>Whether the manifests leave this Service's endpoints to its selector.</summary>
    public bool IsLeftToSelector(Service service) =>
        !service.Selector.IsEmpty && !_slices.ContainsKey((service.Namespace, service.Name));

    /// <summary>
    /// The endpoints of one port and family in the order of the manifests: ready ones are usable; if there are none,
    /// those that still serve while they terminate. Other terminating ones only keep the connections that they have.
    /// </summary>
    public EndpointSet Of(Service service, ServicePort port, int family)
    {
        _seen.Clear();
        _candidates.Clear();
        if (IsLeftToSelector(service)) CollectPods(service, port, family);
        else CollectSlices(service, port, family);

        bool anyReady = _candidates.Exists(candidate => candidate.Ready);
        var usable = new List<ResolvedEndpoint>(_candidates.Count);
        var leaving = new List<ResolvedEndpoint>();
        foreach (Candidate candidate in _candidates)
        {
            bool leaves = candidate.Terminating && !candidate.Ready;
            var endpoint = new ResolvedEndpoint(candidate.Address, candidate.Port, leaves);
            if (anyReady ? candidate.Ready : candidate.Serving && candidate.Terminating) usable.Add(endpoint);
            else if (candidate.Terminating) leaving.Add(endpoint);
        }

        return new EndpointSet(usable, leaving);
    }

    private void CollectSlices(Service service, ServicePort port, int family)
    {
        if (!_slices.TryGetValue((service.Namespace, service.Name), out List<EndpointSlice>? slices)) return;

        foreach (EndpointSlice slice in slices)
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
        bool ready = endpoint.Ready || service.PublishNotReadyAddresses;
        foreach (IpAddress address in endpoint.Addresses)
        {
            if (address.Family != family) continue;
            Add(new Candidate(address, port, ready, endpoint.Serving, endpoint.Terminating));
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
                Add(new Candidate(address, target, Ready: true, Serving: true, Terminating: false));
            }
        }
    }

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
    private void Add(Candidate candidate)
    {
        if (_seen.TryAdd((candidate.Address, candidate.Port), _candidates.Count)) _candidates.Add(candidate);
        else if (candidate.Ready) _candidates[_seen[(candidate.Address, candidate.Port)]] = candidate;
    }

    private IEnumerable<Pod> Selected(Service service)
    {
        _podsByLabel ??= IndexPods();
        (string key, string value) = service.Selector.OrderBy(label => label.Key, StringComparer.Ordinal).First();
        if (!_podsByLabel.TryGetValue((service.Namespace, key, value), out List<Pod>? pods)) return [];

        return pods.Where(pod => service.Selector.All(
            label => pod.Labels.TryGetValue(label.Key, out string? found) && found == label.Value));
    }

    private Dictionary<(string Namespace, string Key, string Value), List<Pod>> IndexPods()
    {
        var index = new Dictionary<(string Namespace, string Key, string Value), List<Pod>>();
        foreach (Pod pod in _pods)
        {
            foreach ((string key, string value) in pod.Labels)
            {
                if (!index.TryGetValue((pod.Namespace, key, value), out List<Pod>? pods))
                {
                    index[(pod.Namespace, key, value)] = pods = [];
                }

                pods.Add(pod);
            }
        }

        return index;
    }

    private readonly record struct Candidate(IpAddress Address, ushort Port, bool Ready, bool Serving, bool Terminating);
}

/// <summary>Usable endpoints, and those that take no new connection.</summary>
internal readonly record struct EndpointSet(List<ResolvedEndpoint> Usable, List<ResolvedEndpoint> Leaving);

internal readonly record struct ResolvedEndpoint(IpAddress Address, ushort Port, bool Terminating);
