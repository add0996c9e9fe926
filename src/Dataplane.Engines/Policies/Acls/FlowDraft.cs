using Dataplane.Engines.Policies.Identities;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// One tier's flows while they are collected: of each match the ranks of the ACLs that it is part of.
/// </summary>
internal sealed class FlowDraft
{
    public FlowDraft(List<Acl> acls, PolicyPlaces places, int identities)
    {
        Acls = acls;
        Subjects = Lists(identities);
        List<int>[] peers = Lists(identities);
        for (int rank = 0; rank < acls.Count; rank++)
        {
            Acl acl = acls[rank];
            foreach (int subject in acl.Subjects) Add(Subjects[subject], rank);
            foreach (int peer in acl.PeerIdentities) Add(peers[peer], rank);
            foreach (IpPrefix block in acl.PeerBlocks) Add(ListOf(Peers, block), rank);
            if (acl.AnyPeer) AnyPeer.Add(rank);
            if (acl.AnyPort) AnyPort.Add(rank);
            foreach (PolicyTraffic port in acl.Ports.SelectMany(port =>
                PolicyTraffic.OfPorts(0, port.Protocol, port.First, port.Last)))
                Add(ListOf(Ports, port), rank);
        }

        for (int peer = 0; peer < identities; peer++) AddPods(places, peer, peers[peer]);
        RankCount = Subjects.Sum(list => (long)list.Count) + AnyPeer.Count + AnyPort.Count
            + Peers.Values.Distinct(ReferenceEqualityComparer.Instance).Sum(list => (long)((List<int>)list!).Count)
            + Ports.Values.Sum(list => (long)list.Count);
    }

    public List<Acl> Acls { get; }

    /// <summary>By identity.</summary>
    public List<int>[] Subjects { get; }

    public Dictionary<IpPrefix, List<int>> Peers { get; } = [];

    public Dictionary<PolicyTraffic, List<int>> Ports { get; } = [];

    public List<int> AnyPeer { get; } = [];

    public List<int> AnyPort { get; } = [];

    /// <summary>Ranks of all lists; a list that many addresses share counts once.</summary>
    public long RankCount { get; }

    // Pods of an identity share one list, unless a block of one address is a pod's.
    private void AddPods(PolicyPlaces places, int identity, List<int> ranks)
    {
        if (ranks.Count == 0) return;

        foreach (IpAddress address in places.AddressesOf(identity))
        {
            IpPrefix host = new(address, address.Bits);
            if (!Peers.TryAdd(host, ranks)) Peers[host] = [.. Peers[host].Concat(ranks).Distinct().Order()];
        }
    }

    private static List<int>[] Lists(int count)
    {
        var lists = new List<int>[count];
        for (int index = 0; index < count; index++) lists[index] = [];
        return lists;
    }

    private static List<int> ListOf<TKey>(Dictionary<TKey, List<int>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<int>? list)) lists.Add(key, list = []);
        return list;
    }

    private static void Add(List<int> ranks, int rank)
    {
        if (ranks.Count == 0 || ranks[^1] != rank) ranks.Add(rank);
    }
}
