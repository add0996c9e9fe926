using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// What networking.k8s.io/v1 NetworkPolicyPeer and NetworkPolicyPort allow, as the API server validates it.
/// </summary>
internal static class PolicyPeerReading
{
    public static PolicyPeer ReadPeer(ManifestCursor cursor)
    {
        var peer = new PolicyPeer(cursor.Place);
        if (!cursor.EnterMap("a peer")) throw cursor.Expected("a map", "a peer");

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "ipBlock": peer = ReadBlock(cursor, peer); break;
                case "podSelector": peer = peer with { PodSelector = cursor.ReadSelector("podSelector") }; break;
                case "namespaceSelector":
                    peer = peer with { NamespaceSelector = cursor.ReadSelector("namespaceSelector") };
                    break;
                default: cursor.SkipUnknown("a peer"); break;
            }
        }

        bool hasSelector = peer.PodSelector is not null || peer.NamespaceSelector is not null;
        if (peer.Block is null && !hasSelector)
            throw new ObjectDamageException(
                peer.Source.Line, "a peer has neither ipBlock nor podSelector nor namespaceSelector");
        if (peer.Block is not null && hasSelector)
            throw new ObjectDamageException(
                peer.Source.Line, "a peer has an ipBlock and a selector: Kubernetes allows one of them");

        return peer;
    }

    private static PolicyPeer ReadBlock(ManifestCursor cursor, PolicyPeer peer)
    {
        if (!cursor.EnterMap("ipBlock")) return peer;

        int line = cursor.Line;
        IpPrefix? block = null;
        ImmutableArray<(IpPrefix Prefix, int Line)> except = [];
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "cidr": block = cursor.ReadPrefix("ipBlock.cidr"); break;
                case "except":
                    except = cursor.ReadList("ipBlock.except", item => (item.ReadPrefix("ipBlock.except"), item.Line));
                    break;
                default: cursor.SkipUnknown("ipBlock"); break;
            }
        }

        if (block is not { } cidr) throw new ObjectDamageException(line, "ipBlock has no cidr");

        foreach ((IpPrefix hole, int where) in except) CheckHole(cidr, hole, where);
        return peer with { Block = cidr, Except = [.. except.Select(entry => entry.Prefix)] };
    }

    // ValidateIPBlock: each except must be a strict subset of cidr.
    private static void CheckHole(IpPrefix cidr, IpPrefix hole, int line)
    {
        if (hole == cidr)
            throw new ObjectDamageException(line, $"ipBlock.except {hole} is the whole cidr: nothing is left of it");
        if (!cidr.Contains(hole.Address) || hole.Length < cidr.Length)
            throw new ObjectDamageException(line, $"ipBlock.except {hole} lies outside its cidr {cidr}");
    }

    public static PolicyPort ReadPort(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        byte protocol = IpProtocol.Tcp;
        PortReference port = default;
        ushort endPort = 0;
        int endLine = place.Line;
        if (!cursor.EnterMap("a port")) throw cursor.Expected("a map", "a port");

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "protocol": protocol = cursor.ReadProtocol("ports[].protocol"); break;
                case "port": port = cursor.ReadPortReference("ports[].port"); break;
                case "endPort" when cursor.Source.Kind != TokenKind.Null:
                    endLine = cursor.Line;
                    endPort = cursor.ReadPort("ports[].endPort");
                    break;
                default: cursor.SkipUnknown("a port"); break;
            }
        }

        if (endPort != 0 && port.Name is not null)
            throw new ObjectDamageException(
                endLine, $"endPort {endPort} beside the port name \"{port.Name}\": it needs a number to start from");
        if (endPort != 0 && port.IsNone)
            throw new ObjectDamageException(
                endLine, $"endPort {endPort} without a port: it needs a number to start from");
        if (endPort != 0 && endPort < port.Number)
            throw new ObjectDamageException(endLine, $"endPort {endPort} is below port {port.Number}");

        return new PolicyPort(protocol, port, endPort, place);
    }
}
