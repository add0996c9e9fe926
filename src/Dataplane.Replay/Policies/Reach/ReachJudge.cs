using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>Who may reach whom: egress of the one and ingress of the other, as the cluster's enforcer judges them.</summary>
public sealed class ReachJudge
{
    private readonly ReachEnd[] _ends;
    private readonly DirectionJudge? _egress;
    private readonly DirectionJudge? _ingress;
    private readonly VerdictPool _verdicts = new();
    private readonly Dictionary<ReachPort, int> _ports = [];
    private readonly bool[] _isNode;
    private readonly int _neverJudged;
    private readonly int _notEnforced;
    private readonly int _otherNetwork;
    private readonly uint[]? _netIds;

    /// <param name="model">The policies.</param>
    /// <param name="enforcement">Who enforces them, if anybody does.</param>
    /// <param name="ends">Everybody who is asked about, later named by position.</param>
    public ReachJudge(PolicyModel model, PolicyEnforcement enforcement, IEnumerable<ReachEnd> ends)
    {
        Model = model;
        _ends = [.. ends];
        _isNode = [.. _ends.Select(end => end.IsNode)];
        _neverJudged = _verdicts.NumberOf(ReachVerdict.NeverJudged);
        _notEnforced = _verdicts.NumberOf(ReachVerdict.NotEnforced);
        _otherNetwork = _verdicts.NumberOf(ReachVerdict.OtherNetwork);
        if (enforcement.Enforcer == PolicyEnforcer.Projects) _netIds = [.. _ends.Select(NetIdOf)];
        if (!enforcement.IsEnforced) return;

        bool blocksMatchPods = enforcement.Enforcer != PolicyEnforcer.Cilium;
        _egress = new DirectionJudge(model, PolicyDirection.Egress, blocksMatchPods, _ends, _verdicts);
        _ingress = new DirectionJudge(model, PolicyDirection.Ingress, blocksMatchPods, _ends, _verdicts);
    }

    public PolicyModel Model { get; }

    public IReadOnlyList<ReachEnd> Ends => _ends;

    /// <summary>A number for each port, to look verdicts up by.</summary>
    public int NumberOf(ReachPort port)
    {
        if (!_ports.TryGetValue(port, out int number)) _ports.Add(port, number = _ports.Count);
        return number;
    }

    /// <summary>What the judge goes by: ends that share it reach, and are reached by, the same others.</summary>
    public (int, int, int, int) ClassOf(int end)
    {
        if (_netIds is not null) return ((int)_netIds[end], 0, 0, 0);
        if (_egress is null || _ingress is null) return default;

        (int egressSubject, int egressPeer) = _egress.ClassOf(end);
        (int ingressSubject, int ingressPeer) = _ingress.ClassOf(end);
        return (egressSubject, egressPeer, ingressSubject, ingressPeer);
    }

    public ReachVerdict Judge(int from, int to, ReachPort port) => this[Judge(from, to, NumberOf(port), port)];

    /// <summary>A verdict by its number.</summary>
    public ReachVerdict this[int number] => _verdicts[number];

    /// <summary>The verdict's number; the same verdict has the same one.</summary>
    public int Judge(int from, int to, int portNumber, ReachPort port)
    {
        if (_netIds is not null && _netIds[from] != _netIds[to] && _netIds[from] != 0 && _netIds[to] != 0) return _otherNetwork;
        if (_egress is null || _ingress is null) return _notEnforced;
        if (_isNode[from] && IsNeverJudged(_ends[from], _ends[to])) return _neverJudged;

        int egress = _egress.Judge(from, to, portNumber, port);
        if (!_verdicts.IsAllowed(egress)) return egress;

        int ingress = _ingress.Judge(to, from, portNumber, port);
        return _verdicts.IsByRule(ingress) || !_verdicts.IsAllowed(ingress) ? ingress : egress;
    }

    public bool IsAllowed(int number) => _verdicts.IsAllowed(number);

    public int NumberOf(ReachVerdict verdict) => _verdicts.NumberOf(verdict);

    // Who is no pod, or whose namespace has no NetID, is on the global network.
    private uint NetIdOf(ReachEnd end) => end.Identity < 0 ? 0
        : Model.Snapshot.OpenShift.NetNamespaces.FirstOrDefault(space => space.Namespace == Model.Identities[end.Identity].Namespace)?.NetId ?? 0;

    /// <summary>A node reaches its own pods: the kubelet has to.</summary>
    private static bool IsNeverJudged(ReachEnd from, ReachEnd to) =>
        from.Node.Length > 0 && from.Node == to.Node;
}
