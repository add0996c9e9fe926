using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>Subjects and peers of policy.networking.k8s.io/v1alpha1: each has exactly one field.</summary>
internal static class AdminPeerReading
{
    public static AdminPodSelector ReadSubject(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("spec.subject")) throw cursor.Expected("a map", "spec.subject");

        AdminPodSelector? subject = null;
        int fields = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (!TryReadPods(cursor, ref subject)) cursor.SkipUnknown("spec.subject");
            else fields++;
        }

        if (subject is null || fields != 1)
            throw new ObjectDamageException(line, "spec.subject must have one of namespaces and pods");

        return subject;
    }

    public static AdminPolicyPeer ReadPeer(ManifestCursor cursor, string side)
    {
        var peer = new AdminPolicyPeer(cursor.Place);
        if (!cursor.EnterMap("a peer")) throw cursor.Expected("a map", "a peer");

        bool isEgress = side is "to";
        int fields = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            AdminPodSelector? pods = null;
            if (TryReadPods(cursor, ref pods)) peer = peer with { Pods = pods };
            else if (isEgress && cursor.Key is "nodes") peer = peer with { Nodes = cursor.ReadSelector("nodes") };
            else if (isEgress && cursor.Key is "networks")
                peer = peer with { Networks = cursor.ReadList("networks", item => item.ReadPrefix("networks")) };
            else
                throw new ObjectDamageException(cursor.KeyLine,
                    $"a peer in \"{side}\" has \"{ManifestCursor.Shorten(cursor.Key)}\", not {Known(isEgress)}");
            fields++;
        }

        bool isGiven = peer.Pods is not null || peer.Nodes is not null || !peer.Networks.IsEmpty;
        if (fields != 1 || !isGiven)
            throw new ObjectDamageException(
                peer.Source.Line, $"a peer in \"{side}\" must have one of {Known(isEgress)}");

        return peer;
    }

    private static string Known(bool isEgress) =>
        isEgress ? "namespaces, pods, nodes and networks" : "namespaces and pods";

    private static bool TryReadPods(ManifestCursor cursor, ref AdminPodSelector? pods)
    {
        if (cursor.Key is "namespaces")
        {
            if (cursor.ReadSelector("namespaces") is { } namespaces)
                pods = new AdminPodSelector(namespaces, LabelSelector.Everything);
            return true;
        }

        if (cursor.Key is not "pods") return false;

        pods = ReadPods(cursor);
        return true;
    }

    private static AdminPodSelector ReadPods(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("pods")) throw cursor.Expected("a map", "pods");

        LabelSelector? namespaces = null;
        LabelSelector? pods = null;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "namespaceSelector") namespaces = cursor.ReadSelector("pods.namespaceSelector");
            else if (cursor.Key is "podSelector") pods = cursor.ReadSelector("pods.podSelector");
            else
                throw new ObjectDamageException(cursor.KeyLine,
                    $"pods has \"{ManifestCursor.Shorten(cursor.Key)}\", not namespaceSelector or podSelector");
        }

        if (namespaces is null || pods is null)
            cursor.Report(Severity.Warning, line,
                $"pods has no {(namespaces is null ? "namespaceSelector" : "podSelector")}: taken as {{}}, "
                + "all of them; the API server refuses it");

        return new AdminPodSelector(namespaces ?? LabelSelector.Everything, pods ?? LabelSelector.Everything);
    }
}
