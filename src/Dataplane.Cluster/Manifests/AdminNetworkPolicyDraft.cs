using System.Collections.Immutable;
using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy and BaselineAdminNetworkPolicy. One bad
/// field spoils the whole policy.
/// </summary>
internal sealed class AdminNetworkPolicyDraft(SourceLine source, bool isBaseline) : ObjectDraft(source)
{
    private const int HighestPriority = 1000;
    private const string BaselineName = "default";

    private AdminNetworkPolicy _policy = new("", source);
    private bool _hasPriority;
    private bool _hasSubject;

    public override bool IsNamespaced => false;

    private string Kind => isBaseline ? "BaselineAdminNetworkPolicy" : "AdminNetworkPolicy";

    public override void AddTo(SnapshotDraft snapshot)
    {
        if (!_hasSubject) throw new ObjectDamageException(Source.Line, $"{Kind} {Name} has no spec.subject");
        if (isBaseline && Name != BaselineName)
            throw new ObjectDamageException(
                Source.Line, $"{Kind} {Name}: the only one there can be is named {BaselineName}");
        if (!isBaseline && !_hasPriority)
            throw new ObjectDamageException(Source.Line, $"{Kind} {Name} has no spec.priority");

        if (isBaseline) snapshot.AddBaseline(_policy with { Name = Name });
        else snapshot.AddAdmin(_policy with { Name = Name });
    }

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "spec" && cursor.EnterMap("spec")) ReadSpec(cursor);
        else if (cursor.Key is "spec" or "status") cursor.Skip();
        else cursor.SkipUnknown(Kind);
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "priority" when !isBaseline:
                    _policy = _policy with { Priority = cursor.ReadNumber("spec.priority", 0, HighestPriority) };
                    _hasPriority = true;
                    break;
                case "subject":
                    _policy = _policy with { Subject = AdminPeerReading.ReadSubject(cursor) };
                    _hasSubject = true;
                    break;
                case "ingress":
                    _policy = _policy with
                    {
                        Ingress = cursor.ReadList("spec.ingress", rule => ReadRule(rule, "from", "to")),
                    };
                    break;
                case "egress":
                    _policy =
                        _policy with { Egress = cursor.ReadList("spec.egress", rule => ReadRule(rule, "to", "from")) };
                    break;
                default: cursor.SkipUnknown("spec"); break;
            }
        }
    }

    private AdminPolicyRule ReadRule(ManifestCursor cursor, string side, string otherSide)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("a rule")) throw cursor.Expected("a map", "a rule");

        string name = "";
        AdminPolicyAction? action = null;
        ImmutableArray<AdminPolicyPeer> peers = [];
        ImmutableArray<AdminPolicyPort> ports = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key.SequenceEqual(side))
                peers = cursor.ReadList(side, peer => AdminPeerReading.ReadPeer(peer, side));
            else if (cursor.Key is "ports") ports = cursor.ReadList("ports", AdminPortReading.ReadPort);
            else if (cursor.Key is "name") name = cursor.ReadText("name");
            else if (cursor.Key is "action") action = ReadAction(cursor);
            else if (cursor.Key.SequenceEqual(otherSide))
                throw new ObjectDamageException(cursor.KeyLine, $"a rule has \"{otherSide}\" where \"{side}\" must be");
            else cursor.SkipUnknown("a rule");
        }

        if (action is null) throw new ObjectDamageException(place.Line, "a rule has no action");
        if (peers.IsEmpty)
            throw new ObjectDamageException(place.Line, $"a rule has nobody in \"{side}\": name at least one peer");

        return new AdminPolicyRule(action.Value, place) { Name = name, Peers = peers, Ports = ports };
    }

    private AdminPolicyAction ReadAction(ManifestCursor cursor) => cursor.Scalar("action") switch
    {
        "Allow" => AdminPolicyAction.Allow,
        "Deny" => AdminPolicyAction.Deny,
        "Pass" when !isBaseline => AdminPolicyAction.Pass,
        ReadOnlySpan<char> other => throw new ObjectDamageException(
            cursor.Line,
            $"action is \"{ManifestCursor.Shorten(other)}\", "
            + $"not {(isBaseline ? "Allow or Deny" : "Allow, Deny or Pass")}"),
    };
}
