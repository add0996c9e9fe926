using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>
/// OpenShift SDN's multitenant mode: whose namespaces are on one network, by their NetIDs (openshift/sdn's
/// pkg/network/node/multitenant.go). Verdicts name the NetNamespaces, so each pair of namespaces has its own.
/// </summary>
internal sealed class NetworkJudge
{
    private const int NoNetwork = -1;
    private const int Unknown = -2;

    private readonly List<NetNamespace> _networks = [];
    private readonly int[] _networkOf;
    private readonly int[]?[] _byJudged;
    private readonly VerdictPool _verdicts;

    public NetworkJudge(PolicyModel model, ReachEnd[] ends, VerdictPool verdicts)
    {
        _verdicts = verdicts;
        Dictionary<string, int> numbers = [];
        foreach (NetNamespace network in model.Snapshot.OpenShift.NetNamespaces)
        {
            if (numbers.TryAdd(network.Namespace, _networks.Count)) _networks.Add(network);
        }

        _networkOf = [.. ends.Select(end => end.Identity < 0
            ? NoNetwork
            : numbers.GetValueOrDefault(model.Identities[end.Identity].Namespace, NoNetwork))];
        _byJudged = new int[]?[_networks.Count];
    }

    /// <summary>Ends of one class have one NetNamespace, or none: those are on the network that reaches all.</summary>
    public int ClassOf(int end) => _networkOf[end];

    /// <summary>
    /// The verdict's number; −1 where networks say nothing: of one namespace, or where one has no NetNamespace.
    /// </summary>
    public int Judge(int judged, int peer)
    {
        int own = _networkOf[judged];
        int other = _networkOf[peer];
        if (own == other || own == NoNetwork || other == NoNetwork) return NoNetwork;

        int[] row = _byJudged[own] ??= NewRow();
        return row[other] != Unknown
            ? row[other]
            : row[other] = _verdicts.NumberOf(Of(_networks[own], _networks[other]));
    }

    private static ReachVerdict Of(NetNamespace own, NetNamespace other)
    {
        bool isOne = own.NetId == other.NetId || own.NetId == 0 || other.NetId == 0;
        ReachReason reason = isOne ? ReachReason.SameNetwork : ReachReason.OtherNetwork;
        return new ReachVerdict(reason, PolicyDirection.Ingress, -1, -1)
        {
            Networks = (own.Namespace, other.Namespace),
        };
    }

    private int[] NewRow()
    {
        int[] row = new int[_networks.Count];
        Array.Fill(row, Unknown);
        return row;
    }
}
