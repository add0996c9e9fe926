using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cli;

/// <summary>Sums up a snapshot.</summary>
public static class ClusterInspection
{
    public static ClusterSummary Summarise(ClusterSnapshot snapshot, string? cni, IReadOnlyList<string> notes)
    {
        Dictionary<string, int> podsOnNode = snapshot.Pods
            .Where(pod => !pod.IsTerminated)
            .CountBy(pod => pod.NodeName)
            .ToDictionary();
        Endpoint[] endpoints = [.. snapshot.EndpointSlices.SelectMany(slice => slice.Endpoints)];

        return new ClusterSummary
        {
            Cni = cni,
            Nodes = [.. snapshot.Nodes.Select(node => new NodeSummary(
                node.Name, Texts(node.InternalIps), Texts(node.PodCidrs), podsOnNode.GetValueOrDefault(node.Name)))],
            Namespaces = snapshot.Namespaces.Length,
            Pods = snapshot.Pods.Length,
            HostNetworkPods = snapshot.Pods.Count(pod => pod.HostNetwork),
            TerminatedPods = snapshot.Pods.Count(pod => pod.IsTerminated),
            PodsWithoutAddress = snapshot.Pods.Count(pod => pod.Addresses.IsEmpty && !pod.IsTerminated),
            Services = snapshot.Services.Length,
            HeadlessServices = snapshot.Services.Count(service => service.IsHeadless),
            ServicePorts = snapshot.Services.Sum(service => service.Ports.Length),
            Endpoints = endpoints.Length,
            ReadyEndpoints = endpoints.Count(endpoint => endpoint.Ready),
            NetworkPolicies = [.. snapshot.NetworkPolicies.Select(policy => policy.ToString())],
            Notes = [.. notes],
            Unmodelled = [.. snapshot.Unmodelled.Select(kind => new UnmodelledSummary(
                kind.ApiVersion, kind.Kind, kind.Count, kind.First.ToString(), kind.CanChangeVerdict))],
            Findings = [.. snapshot.Findings.Select(finding => new FindingSummary(
                Word(finding.Severity), finding.Source.ToString(), finding.Text))],
        };
    }

    /// <summary>Addresses of pods, nodes and services.</summary>
    public static HashSet<IpAddress> KnownAddresses(ClusterSnapshot snapshot) =>
    [
        .. snapshot.Pods.Where(pod => !pod.IsTerminated).SelectMany(pod => pod.Addresses),
        .. snapshot.Nodes.SelectMany(node => node.InternalIps.Concat(node.ExternalIps)),
        .. snapshot.Services.SelectMany(service =>
            service.ClusterIps.Concat(service.ExternalIps).Concat(service.LoadBalancerIps)),
    ];

    private static ImmutableArray<string> Texts<T>(ImmutableArray<T> values) where T : struct =>
        [.. values.Select(value => value.ToString()!)];

    private static string Word(Severity severity) => severity switch
    {
        Severity.Damage => "damage",
        Severity.Warning => "warning",
        _ => "note",
    };
}
