using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>
/// Who may reach whom: egress of the one and ingress of the other, as the cluster's enforcer judges them.
/// </summary>
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
    private readonly NetworkJudge? _networks;

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
        if (enforcement.Enforcer == PolicyEnforcer.Projects) _networks = new NetworkJudge(model, _ends, _verdicts);
        if (enforcement.Enforcer == PolicyEnforcer.None) return;

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
    public (int, int, int, int, int) ClassOf(int end)
    {
        if (_egress is null || _ingress is null) return default;

        (int egressSubject, int egressPeer) = _egress.ClassOf(end);
        (int ingressSubject, int ingressPeer) = _ingress.ClassOf(end);
        return (egressSubject, egressPeer, ingressSubject, ingressPeer, _networks?.ClassOf(end) ?? 0);
    }

    public ReachVerdict Judge(int from, int to, ReachPort port) => this[Judge(from, to, NumberOf(port), port)];

    /// <summary>A verdict by its number.</summary>
    public ReachVerdict this[int number] => _verdicts[number];

    /// <summary>The verdict's number; the same verdict has the same one.</summary>
    public int Judge(int from, int to, int portNumber, ReachPort port)
    {
        if (_networks?.Judge(to, from) is >= 0 and int byNetwork) return byNetwork;
        if (_egress is null || _ingress is null) return _notEnforced;
        if (_isNode[from] && IsNeverJudged(_ends[from], _ends[to])) return _neverJudged;

        int egress = _egress.Judge(from, to, portNumber, port);
        if (!_verdicts.IsAllowed(egress)) return egress;

        int ingress = _ingress.Judge(to, from, portNumber, port);
        return _verdicts.IsByRule(ingress) || !_verdicts.IsAllowed(ingress) ? ingress : egress;
    }

    public bool IsAllowed(int number) => _verdicts.IsAllowed(number);

    public int NumberOf(ReachVerdict verdict) => _verdicts.NumberOf(verdict);

    /// <summary>A node reaches its own pods: the kubelet has to.</summary>
    private static bool IsNeverJudged(ReachEnd from, ReachEnd to) =>
        from.Node.Length > 0 && from.Node == to.Node;
}
