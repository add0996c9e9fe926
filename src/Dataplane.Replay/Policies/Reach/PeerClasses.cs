using System.Text;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>
/// Ends that one direction's policies cannot tell apart: as the pod that is judged (the same policies are
/// about it), and as the other side (the same rules match it). Thousands of pods are a few classes, and each
/// pair of classes is judged once.
/// </summary>
internal sealed class PeerClasses
{
    private readonly PolicyModel _model;
    private readonly PolicyDirection _direction;
    private readonly bool _blocksMatchPods;
    private readonly List<int>[] _rulesOfIdentity;
    private readonly CompiledRule[] _blockRules;
    private readonly Dictionary<string, int> _subjects = [];
    private readonly Dictionary<string, int> _peers = [];

    /// <param name="model">The policies.</param>
    /// <param name="direction">Whose rules are looked at.</param>
    /// <param name="blocksMatchPods">Whether an ipBlock is about pods, too: not so in Cilium.</param>
    public PeerClasses(PolicyModel model, PolicyDirection direction, bool blocksMatchPods)
    {
        _model = model;
        _direction = direction;
        _blocksMatchPods = blocksMatchPods;
        _rulesOfIdentity = new List<int>[model.Identities.Length];
        for (int identity = 0; identity < _rulesOfIdentity.Length; identity++) _rulesOfIdentity[identity] = [];
        CompiledRule[] rules = [.. model.Rules.Where(rule => rule.Direction == direction && !rule.AnyPeer)];
        foreach (CompiledRule rule in rules)
        {
            foreach (int identity in rule.PeerIdentities) _rulesOfIdentity[identity].Add(rule.Number);
        }

        _blockRules = [.. rules.Where(rule => !rule.PeerBlocks.IsEmpty)];
    }

    /// <summary>−1 where no policy of this direction can be about it.</summary>
    public int SubjectOf(ReachEnd end)
    {
        if (end.Identity < 0) return -1;

        PolicyIdentity identity = _model.Identities[end.Identity];
        if (identity.PoliciesFor(_direction).IsEmpty) return -1;

        var key = new StringBuilder();
        foreach (int policy in identity.PoliciesFor(_direction)) Append(key, policy);
        if (_direction == PolicyDirection.Ingress) AppendPorts(key, identity);
        return NumberOf(_subjects, key);
    }

    public int PeerOf(ReachEnd end)
    {
        var key = new StringBuilder();
        if (end.Identity < 0) key.Append("outside");
        if (end.Identity >= 0)
        {
            foreach (int rule in _rulesOfIdentity[end.Identity]) Append(key, rule);
        }

        if (end.Identity < 0 || _blocksMatchPods)
        {
            foreach (CompiledRule rule in _blockRules)
            {
                if (rule.PeerBlocks.Any(block => block.Contains(end.Address))) Append(key, ~rule.Number);
            }
        }

        if (_direction == PolicyDirection.Egress && end.Identity >= 0)
            AppendPorts(key, _model.Identities[end.Identity]);
        return NumberOf(_peers, key);
    }

    private static int NumberOf(Dictionary<string, int> known, StringBuilder key)
    {
        string text = key.ToString();
        if (!known.TryGetValue(text, out int number)) known.Add(text, number = known.Count);
        return number;
    }

    /// <summary>Rules that name a port ask the destination what it is.</summary>
    private static void AppendPorts(StringBuilder key, PolicyIdentity identity)
    {
        foreach (ContainerPort port in identity.NamedPorts)
            key.Append('/').Append(port.Name).Append(':').Append(port.Port).Append(':').Append(port.Protocol);
    }

    private static void Append(StringBuilder key, int number) => key.Append((char)number).Append((char)(number >> 16));
}
