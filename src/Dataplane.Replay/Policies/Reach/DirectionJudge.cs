using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>One direction's verdicts for all ends, judged once for each pair of classes and port.</summary>
internal sealed class DirectionJudge
{
    private const int Unknown = -1;

    private readonly PolicyModel _model;
    private readonly PolicyDirection _direction;
    private readonly bool _blocksMatchPods;
    private readonly ReachEnd[] _ends;
    private readonly int[] _subjects;
    private readonly int[] _peers;
    private readonly int _subjectCount;
    private readonly int _peerCount;
    private readonly VerdictPool _verdicts;
    private readonly int _notIsolated;
    private int[]?[][] _byPort = [];

    public DirectionJudge(
        PolicyModel model, PolicyDirection direction, bool blocksMatchPods, ReachEnd[] ends, VerdictPool verdicts)
    {
        _verdicts = verdicts;
        _notIsolated = verdicts.NumberOf(ReachVerdict.NotIsolated);
        _model = model;
        _direction = direction;
        _blocksMatchPods = blocksMatchPods;
        _ends = ends;
        var classes = new PeerClasses(model, direction, blocksMatchPods);
        _subjects = [.. ends.Select(classes.SubjectOf)];
        _peers = [.. ends.Select(classes.PeerOf)];
        _subjectCount = _subjects.DefaultIfEmpty(-1).Max() + 1;
        _peerCount = _peers.DefaultIfEmpty(-1).Max() + 1;
    }

    /// <summary>Ends with the same pair are told apart by nothing in this direction.</summary>
    public (int Subject, int Peer) ClassOf(int end) => (_subjects[end], _peers[end]);

    /// <summary>The verdict's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Judge(int subject, int peer, int portNumber, ReachPort port)
    {
        int subjectClass = _subjects[subject];
        if (subjectClass < 0) return _notIsolated;

        int[]?[][] byPort = _byPort;
        int[]? row = portNumber < byPort.Length ? byPort[portNumber][subjectClass] : null;
        int known = row is null ? Unknown : row[_peers[peer]];
        return known != Unknown ? known : JudgeFirst(subject, peer, portNumber, port);
    }

    private int JudgeFirst(int subject, int peer, int portNumber, ReachPort port)
    {
        while (_byPort.Length <= portNumber) _byPort = [.. _byPort, new int[_subjectCount][]];
        int[] row = _byPort[portNumber][_subjects[subject]] ??= NewRow();
        return row[_peers[peer]] = _verdicts.NumberOf(Ask(_ends[subject], _ends[peer], port));
    }

    private int[] NewRow()
    {
        int[] row = new int[_peerCount];
        Array.Fill(row, Unknown);
        return row;
    }

    private ReachVerdict Ask(ReachEnd subject, ReachEnd peer, ReachPort port)
    {
        bool blocksMatch = peer.Identity < 0 || _blocksMatchPods;
        var question = new PolicyQuestion
        {
            Direction = _direction,
            Subject = subject.Identity,
            Peer = peer.Identity,
            LeavesCluster = _direction == PolicyDirection.Egress && peer.Identity < 0,
            PeerAddress = blocksMatch ? peer.Address : default(IpAddress),
            Protocol = port.Protocol,
            Port = port.Port,
        };
        PolicyVerdict verdict = PolicyEvaluator.Judge(_model, question);
        if (verdict.Rule >= 0)
        {
            ReachReason reason = verdict.IsAllowed ? ReachReason.AllowedByRule : ReachReason.DeniedByRule;
            return new ReachVerdict(reason, _direction, _model.Rules[verdict.Rule].Policy, verdict.Rule);
        }

        if (verdict.IsAllowed) return ReachVerdict.NotIsolated;

        int isolating = _model.Identities[subject.Identity].PoliciesFor(_direction)
            .First(policy => _model.Policies[policy].Tier == PolicyTier.Namespaced);
        return new ReachVerdict(ReachReason.DefaultDeny, _direction, isolating, -1);
    }
}
