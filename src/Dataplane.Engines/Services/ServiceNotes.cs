using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>What a Service and its endpoints leave open or contradict.</summary>
internal sealed class ServiceNotes(ServiceEndpoints endpoints, List<string> notes)
{
    /// <summary>
    /// Notes what is odd about a Service whose ports stand in the list from <paramref name="first"/> on.
    /// </summary>
    public void Note(Service service, ImmutableArray<ProxiedPort>.Builder ports, int first)
    {
        if (endpoints.IsLeftToSelector(service)) NotePods(service, ports, first);
        else NoteSlices(service, ports, first);

        NoteFamilies(service, service.ExternalIps, "externalIPs");
        NoteFamilies(service, service.LoadBalancerIps, "load balancer addresses");
        NoteOpenRanges(service, ports, first);
    }

    private void NotePods(Service service, ImmutableArray<ProxiedPort>.Builder ports, int first)
    {
        int usable = 0;
        for (int index = first; index < ports.Count; index++) usable += ports[index].Endpoints.Length;
        notes.Add($"{service.Source}: Service {service} has no EndpointSlice in the manifests: "
            + $"{usable} endpoints resolved from Pods by its selector, running ones taken for ready");

        IReadOnlyList<Pod> selected = endpoints.Selected(service);
        foreach (ServicePort port in service.Ports)
        {
            if (port.TargetPort.Name is not { } name || selected.Count == 0) continue;
            if (selected.Any(pod => pod.Ports.Any(other => other.Name == name && other.Protocol == port.Protocol)))
                continue;

            notes.Add($"{port.Source}: Service {service} port {port.Port} has the targetPort {name}, which none of the "
                + $"{selected.Count} selected Pods has, such as Pod {selected[0]} ({selected[0].Source}): "
                + "it has no endpoints");
        }
    }

    private void NoteSlices(Service service, ImmutableArray<ProxiedPort>.Builder ports, int first)
    {
        IReadOnlyList<EndpointSlice> slices = endpoints.SlicesOf(service);
        if (slices.Count == 0)
        {
            notes.Add($"{service.Source}: Service {service} has neither a selector nor an EndpointSlice: "
                + "nothing stands behind it");
            return;
        }

        for (int index = first; index < ports.Count; index++)
        {
            if (ports[index].Endpoints.IsEmpty) NoteUnknownPort(ports[index], slices);
        }

        foreach (EndpointSlice slice in slices) NoteOtherFamily(service, slice);
    }

    /// <summary>
    /// A port without endpoints though slices have endpoints and ports, but none of its name and protocol.
    /// </summary>
    private void NoteUnknownPort(ProxiedPort port, IReadOnlyList<EndpointSlice> slices)
    {
        EndpointSlice? filled = null;
        foreach (EndpointSlice slice in slices)
        {
            if (slice.Endpoints.IsEmpty || slice.Ports.IsEmpty) continue;
            if (slice.Ports.Any(other => other.Name == port.Port.Name && other.Protocol == port.Protocol)) return;
            if (slice.Endpoints[0].Addresses[0].Family == port.Family) filled ??= slice;
        }

        if (filled is null) return;

        string name = port.Port.Name.Length == 0 ? "without a name" : port.Port.Name;
        notes.Add(
            $"{port.Port.Source}: Service {port.Service} port {port.Port.Port} ({name}, {port.ProtocolName}) is in "
            + $"none of its EndpointSlices, such as {filled.Namespace}/{filled.Name} ({filled.Source}): "
            + "it has no endpoints");
    }

    private void NoteOtherFamily(Service service, EndpointSlice slice)
    {
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            foreach (IpAddress address in endpoint.Addresses)
            {
                if (HasFamily(service, address.Family)) continue;

                notes.Add(
                    $"{endpoint.Source}: EndpointSlice {slice.Namespace}/{slice.Name} has the IPv{address.Family} "
                    + $"endpoint {address}, but Service {service} has no IPv{address.Family} clusterIP "
                    + $"({service.Source}): endpoints of that family are left out");
                return;
            }
        }
    }

    private void NoteFamilies(Service service, ImmutableArray<IpAddress> addresses, string what)
    {
        foreach (IpAddress address in addresses)
        {
            if (HasFamily(service, address.Family)) continue;

            notes.Add($"{service.Source}: Service {service} has {what} such as {address}, but no IPv{address.Family} "
                + "clusterIP: those of that family are left out");
            return;
        }
    }

    /// <summary>Source ranges of the other family alone do not restrict this one.</summary>
    private void NoteOpenRanges(Service service, ImmutableArray<ProxiedPort>.Builder ports, int first)
    {
        if (service.LoadBalancerSourceRanges.IsEmpty) return;

        for (int index = first; index < ports.Count; index++)
        {
            ProxiedPort port = ports[index];
            if (!port.SourceRanges.IsEmpty || port.LoadBalancerIps.IsEmpty) continue;

            notes.Add($"{service.Source}: Service {service} has loadBalancerSourceRanges, none of IPv{port.Family}: "
                + $"its load balancer's IPv{port.Family} addresses are open to all");
            return;
        }
    }

    private static bool HasFamily(Service service, int family)
    {
        foreach (IpAddress address in service.ClusterIps)
        {
            if (address.Family == family) return true;
        }

        return false;
    }
}
