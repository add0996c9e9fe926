using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies;

/// <summary>Tells of packets what policies made of them: which policy, which of its lines, and why.</summary>
public sealed class PolicyTeller
{
    /// <summary>Explanations that are kept; a capture of scans has more kinds than memory.</summary>
    private const int MostKept = 1 << 14;

    private readonly PolicyModel _policies;
    private readonly NetworkModel _network;
    private readonly Topology _topology;
    private readonly Dictionary<Pod, int> _pods = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PolicyQuestion, PolicyExplanation> _known = [];

    public PolicyTeller(PolicyModel policies, NetworkModel network, Topology topology)
    {
        _policies = policies;
        _network = network;
        _topology = topology;
        for (int pod = 0; pod < policies.Snapshot.Pods.Length; pod++) _pods[policies.Snapshot.Pods[pod]] = pod;
    }

    /// <summary>Null where nobody enforces policies.</summary>
    public static PolicyTeller? Of(Emulation emulation) => emulation.Policies is { } policies
        ? new PolicyTeller(policies.Model, emulation.Model, emulation.Topology)
        : null;

    /// <param name="record">One that was dropped by <see cref="Stage.Police"/>.</param>
    /// <param name="lane">Its packet, as it was then.</param>
    public PolicyExplanation Explain(in RecordState record, in Lane lane)
    {
        PolicyQuestion question = QuestionOf(record.Direction, record.Judged, in lane);
        if (_known.TryGetValue(question, out PolicyExplanation? known)) return known;

        if (_known.Count >= MostKept) _known.Clear();
        PolicyExplanation explanation = PolicyExplainer.Explain(
            _policies, question, new PolicyVerdict(false, record.Rule));
        _known[question] = explanation;
        return explanation;
    }

    /// <summary>Why a first packet that policies judged may pass, for each direction in which it was judged.</summary>
    public IEnumerable<PolicyExplanation> ExplainPassing(Lane lane)
    {
        bool isSent = lane.Entry == Entry.PodVeth && lane.Source.Kind == PlaceKind.Pod
            && PodOf(lane.Source.Index) is not null;
        if (isSent)
            yield return PolicyExplainer.Explain(
                _policies, QuestionOf(PolicyDirection.Egress, lane.Source.Index, in lane));

        bool isReceived = lane.Exit is Exit.Pod or Exit.Bridge && lane.Destination.Kind == PlaceKind.Pod
            && PodOf(lane.Destination.Index) is not null;
        if (isReceived)
            yield return PolicyExplainer.Explain(
                _policies, QuestionOf(PolicyDirection.Ingress, lane.Destination.Index, in lane));
    }

    /// <summary><c>namespace/name</c> of a pod that was judged.</summary>
    public string NameOf(int endpoint) => _network.Pods[_topology.Endpoints[endpoint].Pod].Pod.ToString();

    /// <summary>The network that OpenShift SDN keeps a pod in; null where nothing says so.</summary>
    public NetNamespace? NetworkOf(int endpoint)
    {
        string space = _network.Pods[_topology.Endpoints[endpoint].Pod].Pod.Namespace;
        return _network.Snapshot.OpenShift.NetNamespaces.FirstOrDefault(known => known.Namespace == space);
    }

    /// <summary>The NetworkPolicies that isolate a pod in this direction.</summary>
    public IEnumerable<CompiledPolicy> SelectingAt(int endpoint, PolicyDirection direction)
    {
        int identity = IdentityOf(PodOf(endpoint));
        return identity < 0
            ? []
            : _policies.Identities[identity].PoliciesFor(direction)
                .Select(number => _policies.Policies[number]).Where(policy => policy.Tier == PolicyTier.Namespaced);
    }

    private PolicyQuestion QuestionOf(PolicyDirection direction, int endpoint, in Lane lane)
    {
        bool isIngress = direction == PolicyDirection.Ingress;
        uint peer = isIngress ? lane.Key.Source : lane.Key.Destination;
        Place place = isIngress ? lane.Source : lane.Destination;
        bool hasPorts = lane.Key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        int? subject = PodOf(endpoint);
        int? other = place.Kind == PlaceKind.Pod ? PodOf(place.Index) : null;
        return new PolicyQuestion
        {
            Direction = direction,
            Subject = IdentityOf(subject),
            SubjectPod = subject,
            Peer = IdentityOf(other),
            PeerPod = other,
            PeerAddress = lane.Key.Family == 6 ? _topology.Names.AddressOf(peer) : IpAddress.FromV4(peer),
            LeavesCluster = !isIngress && place.Kind is PlaceKind.Outside or PlaceKind.Node
                && !_topology.ClusterNetwork.Contains(peer, lane.Key.Family, _topology.Names),
            Protocol = lane.Key.Protocol,
            Port = hasPorts ? lane.Key.DestinationPort : (ushort)0,
        };
    }

    private int IdentityOf(int? pod) => pod is { } number ? _policies.IdentityOfPod[number] : -1;

    private int? PodOf(int endpoint)
    {
        int pod = _topology.Endpoints[endpoint].Pod;
        return pod >= 0 && _pods.TryGetValue(_network.Pods[pod].Pod, out int number) ? number : null;
    }
}
