using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// networking.k8s.io/v1 NetworkPolicy. One bad field spoils the whole policy: a policy that lost a peer would mean
/// something else than what was written.
/// </summary>
internal sealed class NetworkPolicyDraft(SourceLine source) : ObjectDraft(source)
{
    private NetworkPolicy _policy = new("", "", source);

    public override void AddTo(SnapshotDraft snapshot) =>
        snapshot.Add(_policy with { Namespace = Namespace, Name = Name });

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "spec" && cursor.EnterMap("spec")) ReadSpec(cursor);
        else if (cursor.Key is "status" or "spec") cursor.Skip();
        else cursor.SkipUnknown("NetworkPolicy");
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "podSelector":
                    _policy = _policy with
                    {
                        PodSelector = cursor.ReadSelector("spec.podSelector") ?? LabelSelector.Everything,
                    };
                    break;
                case "ingress":
                    _policy = _policy with
                    {
                        Ingress = cursor.ReadList("spec.ingress", rule => ReadRule(rule, "from", "to")),
                    };
                    break;
                case "egress":
                    _policy = _policy with { EgressSource = Source with { Line = cursor.KeyLine } };
                    _policy =
                        _policy with { Egress = cursor.ReadList("spec.egress", rule => ReadRule(rule, "to", "from")) };
                    break;
                case "policyTypes": ReadTypes(cursor); break;
                default: cursor.SkipUnknown("spec"); break;
            }
        }
    }

    private void ReadTypes(ManifestCursor cursor)
    {
        if (!cursor.EnterList("spec.policyTypes")) return;

        while (cursor.NextItem())
        {
            _policy = cursor.Scalar("spec.policyTypes") switch
            {
                "Ingress" => _policy with { PolicyTypesGiven = true, HasIngressType = true },
                "Egress" => _policy with { PolicyTypesGiven = true, HasEgressType = true },
                ReadOnlySpan<char> other => throw new ObjectDamageException(
                    cursor.Line, $"spec.policyTypes holds \"{ManifestCursor.Shorten(other)}\", not Ingress or Egress"),
            };
        }
    }

    private static PolicyRule ReadRule(ManifestCursor cursor, string side, string otherSide)
    {
        SourceLine place = cursor.Place;
        ImmutableArray<PolicyPeer> peers = [];
        ImmutableArray<PolicyPort> ports = [];
        if (!cursor.EnterMap("a rule")) return new PolicyRule(peers, ports, place);

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key.SequenceEqual(side)) peers = cursor.ReadList(side, PolicyPeerReading.ReadPeer);
            else if (cursor.Key is "ports") ports = cursor.ReadList("ports", PolicyPeerReading.ReadPort);
            else if (cursor.Key.SequenceEqual(otherSide))
                throw new ObjectDamageException(cursor.KeyLine, $"a rule has \"{otherSide}\" where \"{side}\" must be");
            else cursor.SkipUnknown("a rule");
        }

        return new PolicyRule(peers, ports, place);
    }
}
