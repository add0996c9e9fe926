using System.Collections.Immutable;

namespace Dataplane.Engines.Services;

/// <summary>
/// A Service port as one node's proxy serves it: which endpoints which traffic may reach, as kube-proxy's
/// <c>CategorizeEndpoints</c> (pkg/proxy/topology.go) decides it. All lists are in kube-proxy's order.
/// </summary>
public sealed class NodeServicePort
{
    private NodeServicePort(ProxiedPort port) => Port = port;

    public ProxiedPort Port { get; }

    /// <summary>
    /// For traffic under policy Cluster; also for pods and the node itself under an external policy Local.
    /// </summary>
    public ImmutableArray<ProxiedEndpoint> Cluster { get; private set; } = [];

    /// <summary>For traffic under policy Local.</summary>
    public ImmutableArray<ProxiedEndpoint> Local { get; private set; } = [];

    /// <summary>All that some traffic through this node may reach.</summary>
    public ImmutableArray<ProxiedEndpoint> Reachable { get; private set; } = [];

    /// <summary>
    /// Some node has an endpoint: without any, connections are rejected; without a local one, dropped.
    /// </summary>
    public bool HasAnywhere { get; private set; }

    /// <summary>What takes traffic to the cluster IP.</summary>
    public ImmutableArray<ProxiedEndpoint> Internal => Port.IsInternalPolicyLocal ? Local : Cluster;

    /// <summary>What takes traffic from outside to node ports, external and load balancer's addresses.</summary>
    public ImmutableArray<ProxiedEndpoint> External => Port.IsExternalPolicyLocal ? Local : Cluster;

    public override string ToString() => Port.Name;

    internal static NodeServicePort Categorize(ProxiedPort port, ProxyNode node)
    {
        var view = new NodeServicePort(port);
        ImmutableArray<ProxiedEndpoint> all = port.SortedEndpoints;
        bool usesTopology = false, usesTerminating = false;
        if (port.UsesClusterEndpoints)
        {
            usesTopology = CanUseTopology(all, node.Zone);
            view.Cluster = usesTopology
                ? Where(all, endpoint => endpoint.Ready && endpoint.HintZones.Contains(node.Zone))
                : Where(all, endpoint => endpoint.Ready);
            if (view.Cluster.IsEmpty)
            {
                view.Cluster = Where(all, IsServingToTheEnd);
                usesTerminating = !view.Cluster.IsEmpty;
            }

            view.HasAnywhere = !view.Cluster.IsEmpty;
        }

        if (!port.UsesLocalEndpoints)
        {
            view.Reachable = view.Cluster;
            return view;
        }

        usesTerminating |= view.CategorizeLocal(all, node);
        view.Reachable = !port.UsesClusterEndpoints ? view.Local
            : usesTopology || usesTerminating ? view.Merge(all)
            : view.Cluster;
        return view;
    }

    /// <summary>True where local traffic has to fall back on terminating endpoints.</summary>
    private bool CategorizeLocal(ImmutableArray<ProxiedEndpoint> all, ProxyNode node)
    {
        foreach (ProxiedEndpoint endpoint in all) HasAnywhere |= endpoint.Ready || IsServingToTheEnd(endpoint);

        Local = Where(all, endpoint => endpoint.Ready && endpoint.IsLocalTo(node));
        if (!Local.IsEmpty) return false;

        Local = Where(all, endpoint => IsServingToTheEnd(endpoint) && endpoint.IsLocalTo(node));
        return !Local.IsEmpty;
    }

    private ImmutableArray<ProxiedEndpoint> Merge(ImmutableArray<ProxiedEndpoint> all)
    {
        HashSet<ProxiedEndpoint> reachable = [.. Cluster, .. Local];
        return Where(all, reachable.Contains);
    }

    private static bool IsServingToTheEnd(ProxiedEndpoint endpoint) =>
        !endpoint.Ready && endpoint.Serving && endpoint.Terminating;

    /// <summary>Hints count only where every ready endpoint has them and one is for this node's zone.</summary>
    private static bool CanUseTopology(ImmutableArray<ProxiedEndpoint> all, string zone)
    {
        if (zone.Length == 0) return false;

        bool servesZone = false;
        foreach (ProxiedEndpoint endpoint in all)
        {
            if (!endpoint.Ready) continue;
            if (endpoint.HintZones.IsEmpty) return false;
            servesZone |= endpoint.HintZones.Contains(zone);
        }

        return servesZone;
    }

    /// <summary>Mostly all of them: then the list itself is given back.</summary>
    private static ImmutableArray<ProxiedEndpoint> Where(
        ImmutableArray<ProxiedEndpoint> all, Func<ProxiedEndpoint, bool> holds)
    {
        int count = 0;
        foreach (ProxiedEndpoint endpoint in all) count += holds(endpoint) ? 1 : 0;
        if (count == all.Length) return all;
        if (count == 0) return [];

        ImmutableArray<ProxiedEndpoint>.Builder kept = ImmutableArray.CreateBuilder<ProxiedEndpoint>(count);
        foreach (ProxiedEndpoint endpoint in all)
        {
            if (holds(endpoint)) kept.Add(endpoint);
        }

        return kept.MoveToImmutable();
    }
}
