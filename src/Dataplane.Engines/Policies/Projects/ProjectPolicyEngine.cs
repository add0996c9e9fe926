using Dataplane.Core;

namespace Dataplane.Engines.Policies.Projects;

/// <summary>
/// OpenShift SDN's multitenant mode: pods reach each other where their NetIDs are one, or either is 0 (openshift/sdn's
/// pkg/network/node/multitenant.go and ovscontroller.go: table 80 where the packet arrives, table 60 where it goes to a
/// Service).
/// </summary>
public readonly struct ProjectPolicyEngine(Topology topology) : IPolicyEngine
{
    public static string Name => "projects";

    /// <summary>Open vSwitch asks its flows for every packet.</summary>
    public static bool JudgesEstablished => true;

    public PolicyVerdict Judge(in PolicyQuery query)
    {
        bool isAsked = query.Peer.Kind == PlaceKind.Pod
            && (query.Direction == PolicyDirection.Ingress || query.IsToService);
        if (!isAsked) return new PolicyVerdict(true, PolicyVerdict.NotIsolated);

        uint one = topology.Endpoints[query.Endpoint].TunnelId;
        uint other = topology.Endpoints[query.Peer.Index].TunnelId;
        return one == other || one == 0 || other == 0
            ? new PolicyVerdict(true, PolicyVerdict.NotIsolated)
            : new PolicyVerdict(false, PolicyVerdict.OtherNetwork);
    }
}
