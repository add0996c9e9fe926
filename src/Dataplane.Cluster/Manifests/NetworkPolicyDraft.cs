using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

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
        else cursor.Skip();
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "podSelector":
                    _policy = _policy with { PodSelector = ReadSelector(cursor, "spec.podSelector") ?? LabelSelector.Everything };
                    break;
                case "ingress":
                    _policy = _policy with { Ingress = cursor.ReadList("spec.ingress", rule => ReadRule(rule, "from", "to")) };
                    break;
                case "egress":
                    _policy = _policy with { EgressSource = Source with { Line = cursor.KeyLine } };
                    _policy = _policy with { Egress = cursor.ReadList("spec.egress", rule => ReadRule(rule, "to", "from")) };
                    break;
                case "policyTypes": ReadTypes(cursor); break;
                default: cursor.Skip(); break;
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
            if (cursor.Key.SequenceEqual(side)) peers = cursor.ReadList(side, ReadPeer);
            else if (cursor.Key is "ports") ports = cursor.ReadList("ports", ReadPort);
            else if (cursor.Key.SequenceEqual(otherSide))
                throw new ObjectDamageException(cursor.KeyLine, $"a rule has \"{otherSide}\" where \"{side}\" must be");
            else cursor.Skip();
        }

        return new PolicyRule(peers, ports, place);
    }

    private static PolicyPeer ReadPeer(ManifestCursor cursor)
    {
        var peer = new PolicyPeer(cursor.Place);
        if (!cursor.EnterMap("a peer")) throw cursor.Expected("a map", "a peer");

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "ipBlock": peer = ReadBlock(cursor, peer); break;
                case "podSelector": peer = peer with { PodSelector = ReadSelector(cursor, "podSelector") }; break;
                case "namespaceSelector":
                    peer = peer with { NamespaceSelector = ReadSelector(cursor, "namespaceSelector") };
                    break;
                default: cursor.Skip(); break;
            }
        }

        bool hasSelector = peer.PodSelector is not null || peer.NamespaceSelector is not null;
        if (peer.Block is null && !hasSelector)
            throw new ObjectDamageException(peer.Source.Line, "a peer has neither ipBlock nor podSelector nor namespaceSelector");
        if (peer.Block is not null && hasSelector)
            throw new ObjectDamageException(peer.Source.Line, "a peer has an ipBlock and a selector: Kubernetes allows one of them");

        return peer;
    }

    private static PolicyPeer ReadBlock(ManifestCursor cursor, PolicyPeer peer)
    {
        if (!cursor.EnterMap("ipBlock")) return peer;

        int line = cursor.Line;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "cidr": peer = peer with { Block = cursor.ReadPrefix("ipBlock.cidr") }; break;
                case "except":
                    peer = peer with { Except = cursor.ReadList("ipBlock.except", item => item.ReadPrefix("ipBlock.except")) };
                    break;
                default: cursor.Skip(); break;
            }
        }

        return peer.Block is not null ? peer : throw new ObjectDamageException(line, "ipBlock has no cidr");
    }

    private static PolicyPort ReadPort(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        byte protocol = IpProtocol.Tcp;
        PortReference port = default;
        ushort endPort = 0;
        if (!cursor.EnterMap("a port")) throw cursor.Expected("a map", "a port");

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "protocol": protocol = cursor.ReadProtocol("ports[].protocol"); break;
                case "port": port = cursor.ReadPortReference("ports[].port"); break;
                case "endPort" when cursor.Source.Kind != TokenKind.Null:
                    endPort = cursor.ReadPort("ports[].endPort");
                    break;
                default: cursor.Skip(); break;
            }
        }

        if (endPort != 0 && (port.Number == 0 || endPort < port.Number))
            throw new ObjectDamageException(place.Line, $"endPort {endPort} has no port number below it to start from");

        return new PolicyPort(protocol, port, endPort, place);
    }

    private static LabelSelector? ReadSelector(ManifestCursor cursor, string what)
    {
        if (!cursor.EnterMap(what)) return null;

        var selector = new LabelSelector();
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "matchLabels": selector = selector with { MatchLabels = cursor.ReadTextMap("matchLabels") }; break;
                case "matchExpressions":
                    selector = selector with { MatchExpressions = cursor.ReadList("matchExpressions", ReadRequirement) };
                    break;
                default:
                    throw new ObjectDamageException(
                        cursor.KeyLine, $"{what} has \"{ManifestCursor.Shorten(cursor.Key)}\", not matchLabels or matchExpressions");
            }
        }

        return selector;
    }

    private static LabelRequirement ReadRequirement(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("matchExpressions")) throw cursor.Expected("a map", "matchExpressions");

        string key = "";
        LabelOperator? operation = null;
        ImmutableArray<string> values = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "key": key = cursor.ReadText("matchExpressions[].key"); break;
                case "operator": operation = ReadOperator(cursor); break;
                case "values": values = cursor.ReadTexts("matchExpressions[].values"); break;
                default: cursor.Skip(); break;
            }
        }

        if (key.Length == 0 || operation is null)
            throw new ObjectDamageException(line, "matchExpressions[] needs a key and an operator");

        bool wantsValues = operation is LabelOperator.In or LabelOperator.NotIn;
        if (wantsValues == values.IsEmpty)
            throw new ObjectDamageException(line, $"matchExpressions[] with {operation} {(wantsValues ? "needs" : "must not have")} values");

        return new LabelRequirement(key, operation.Value, values);
    }

    private static LabelOperator ReadOperator(ManifestCursor cursor) => cursor.Scalar("operator") switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        ReadOnlySpan<char> other => throw new ObjectDamageException(
            cursor.Line, $"operator is \"{ManifestCursor.Shorten(other)}\", not In, NotIn, Exists or DoesNotExist"),
    };
}
