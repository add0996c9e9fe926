using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>
/// Which node has which addresses: blocks from BlockAffinity and IPAMBlock, else podCIDRs, else what the pods show; and
/// single addresses that a node borrowed from another's block.
/// </summary>
internal sealed class CalicoBlocks
{
    private const int BlockV4 = 26;
    private const int BlockV6 = 122;

    private readonly Dictionary<string, SortedSet<IpPrefix>> _byNode = [];

    public ImmutableArray<IpPrefix> Of(string node) =>
        _byNode.TryGetValue(node, out SortedSet<IpPrefix>? all) ? [.. all] : [];

    public static CalicoBlocks Find(CniRequest request, ImmutableArray<PodNetwork> pods)
    {
        CalicoBlocks blocks = new();
        CalicoObjects calico = request.Snapshot.Calico;
        foreach (CalicoAffinity affinity in calico.Affinities.Where(affinity => affinity.IsConfirmed))
            blocks.Add(affinity.Node, affinity.Cidr);
        foreach (CalicoBlock block in calico.Blocks.Where(block => block.Node.Length > 0))
            blocks.Add(block.Node, block.Cidr);

        if (blocks._byNode.Count == 0) blocks.Assume(request, pods);
        blocks.AddBorrowed(request, pods);
        return blocks;
    }

    private void Add(string node, IpPrefix block)
    {
        if (!_byNode.TryGetValue(node, out SortedSet<IpPrefix>? all))
            _byNode[node] = all = new SortedSet<IpPrefix>(Comparer<IpPrefix>.Create(Compare));
        all.Add(block);
    }

    private static int Compare(IpPrefix left, IpPrefix right)
    {
        int order = left.Address.CompareTo(right.Address);
        return order != 0 ? order : left.Length.CompareTo(right.Length);
    }

    /// <summary>
    /// podCIDRs count only where they hold the node's pods: Calico's own IPAM pays no attention to them. Else a block
    /// is the node's that has most pods in it.
    /// </summary>
    private void Assume(CniRequest request, ImmutableArray<PodNetwork> pods)
    {
        List<string> byPodCidr = [], byPods = [];
        (int Node, IpAddress Address)[] addresses = [.. pods
            .SelectMany(pod => new[] { (pod.Node, Address: pod.V4), (pod.Node, Address: pod.V6) })
            .Where(entry => !entry.Address.IsNone)];
        ILookup<int, IpAddress> byNode = addresses.ToLookup(entry => entry.Node, entry => entry.Address);
        for (int index = 0; index < request.Snapshot.Nodes.Length; index++)
        {
            Node node = request.Snapshot.Nodes[index];
            bool isHeld = !node.PodCidrs.IsEmpty && byNode[index].All(address => Holds(node.PodCidrs, address));
            foreach (IpPrefix prefix in isHeld ? node.PodCidrs : []) Add(node.Name, prefix);
            (isHeld ? byPodCidr : byPods).Add(node.Name);
        }

        foreach (var block in addresses
            .Where(entry => byPods.Contains(request.Snapshot.Nodes[entry.Node].Name))
            .GroupBy(entry => new IpPrefix(entry.Address, SizeAt(request, entry.Address))))
            Add(request.Snapshot.Nodes[block.CountBy(entry => entry.Node).MaxBy(count => count.Value).Key].Name,
                block.Key);

        if (byPodCidr.Count > 0)
            request.Note(
                $"no BlockAffinity or IPAMBlock in the manifests: podCIDRs taken for the blocks of "
                + $"{NameList.OfNodes(byPodCidr)}");
        if (byPods.Count > 0)
            request.Note(
                $"no BlockAffinity or IPAMBlock in the manifests: blocks inferred from the pods of "
                + $"{NameList.OfNodes(byPods)}");
    }

    private static int SizeAt(CniRequest request, IpAddress address)
    {
        int said = request.Snapshot.Calico.Pools
            .FirstOrDefault(pool => pool.Cidr.Contains(address))?.BlockSize ?? 0;
        return said > 0 ? said : address.IsV4 ? BlockV4 : BlockV6;
    }

    private void AddBorrowed(CniRequest request, ImmutableArray<PodNetwork> pods)
    {
        List<string> borrowed = [];
        foreach (PodNetwork pod in pods)
        {
            string node = request.Snapshot.Nodes[pod.Node].Name;
            foreach (IpAddress address in new[] { pod.V4, pod.V6 })
            {
                if (address.IsNone || Holds(Of(node), address)) continue;

                Add(node, new IpPrefix(address, address.Bits));
                borrowed.Add($"{address} of {pod.Pod} on {node}");
            }
        }

        if (borrowed.Count > 0)
            request.Note(
                $"outside of their node's blocks, so routed by themselves (/32): {NameList.Of(borrowed, shown: 5)}");
    }

    private static bool Holds(ImmutableArray<IpPrefix> prefixes, IpAddress address) =>
        prefixes.Any(prefix => prefix.Contains(address));
}
