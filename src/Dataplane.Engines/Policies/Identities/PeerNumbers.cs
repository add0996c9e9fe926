using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Who gets which number, and which addresses lead to it. Pods and nodes keep theirs whatever prefixes cover their
/// addresses: an ipBlock therefore matches neither, as in Cilium.
/// </summary>
internal sealed class PeerNumbers
{
    private readonly Dictionary<IpPrefix, uint> _addresses = [];
    private readonly Dictionary<IpAddress, uint> _namedNodes = [];
    private readonly List<(IpPrefix Prefix, uint Number)> _cidrs = [];

    public PeerNumbers(PolicyModel model, PolicyPlaces places)
    {
        AddWorld(model, places);
        var cidrs = new SortedSet<IpPrefix>(Comparer<IpPrefix>.Create(Compare));
        foreach (CompiledRule rule in model.Rules)
        {
            foreach (PeerBlock block in rule.PeerBlocks)
            {
                if (block.Node is not null)
                {
                    AddNamedNode(block.Block.Address);
                    continue;
                }

                cidrs.Add(block.Block);
                cidrs.UnionWith(block.Except);
            }
        }

        foreach (IpPrefix prefix in cidrs)
        {
            bool isWorld = _addresses.TryGetValue(prefix, out uint world);
            uint number = isWorld ? world : NumericIdentities.CidrScope | (uint)(_cidrs.Count + 1);
            _cidrs.Add((prefix, number));
            _addresses[prefix] = number;
        }

        foreach (IpAddress node in places.NodeAddresses) _addresses[Host(node)] = NumericIdentities.RemoteNode;
        foreach ((IpAddress node, uint number) in _namedNodes) _addresses[Host(node)] = number;
        foreach (PolicyIdentity identity in model.Identities)
        {
            foreach (IpAddress address in places.AddressesOf(identity.Number))
                _addresses[Host(address)] = NumericIdentities.OfPods(identity.Number);
        }
    }

    /// <summary>What the ipcache holds.</summary>
    public Dictionary<IpPrefix, uint> Addresses => _addresses;

    /// <summary>The numbers of everybody whom the rule lets pass; 0 alone: anybody.</summary>
    public IEnumerable<uint> PeersOf(CompiledRule rule)
    {
        if (rule.AnyPeer) return [NumericIdentities.Any];

        IEnumerable<uint> pods = rule.PeerIdentities.Select(NumericIdentities.OfPods);
        return rule.PeerBlocks.IsEmpty ? pods : pods.Concat(rule.PeerBlocks.SelectMany(NumbersOf)).Distinct();
    }

    private static IpPrefix Host(IpAddress address) => new(address, address.Bits);

    private static int Compare(IpPrefix left, IpPrefix right)
    {
        int byAddress = left.Address.CompareTo(right.Address);
        return byAddress != 0 ? byAddress : left.Length.CompareTo(right.Length);
    }

    private void AddWorld(PolicyModel model, PolicyPlaces places)
    {
        bool hasV4 = false, hasV6 = false;
        foreach (IpAddress address in places.NodeAddresses.Concat(
            model.Identities.SelectMany(identity => places.AddressesOf(identity.Number).ToArray())))
        {
            hasV4 |= address.IsV4;
            hasV6 |= address.IsV6;
        }

        bool isDual = hasV4 && hasV6;
        _addresses[IpPrefix.Parse("0.0.0.0/0")] = isDual ? NumericIdentities.WorldV4 : NumericIdentities.World;
        _addresses[IpPrefix.Parse("::/0")] = isDual ? NumericIdentities.WorldV6 : NumericIdentities.World;
    }

    private void AddNamedNode(IpAddress address) =>
        _namedNodes.TryAdd(address, NumericIdentities.RemoteNodeScope | (uint)(_namedNodes.Count + 1));

    /// <summary>The block's own number and those of all prefixes within it, but for what it leaves out.</summary>
    private IEnumerable<uint> NumbersOf(PeerBlock block)
    {
        if (block.Node is not null)
        {
            yield return _namedNodes[block.Block.Address];
            yield break;
        }

        for (int index = FirstWithin(block.Block); index < _cidrs.Count; index++)
        {
            IpPrefix prefix = _cidrs[index].Prefix;
            if (!block.Block.Contains(prefix.Address)) break;
            if (!IsExcepted(block.Except, prefix)) yield return _cidrs[index].Number;
        }
    }

    private static bool IsExcepted(ImmutableArray<IpPrefix> except, IpPrefix prefix)
    {
        foreach (IpPrefix not in except)
        {
            if (prefix.Length >= not.Length && not.Contains(prefix.Address)) return true;
        }

        return false;
    }

    private int FirstWithin(IpPrefix block)
    {
        int low = 0, high = _cidrs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Compare(_cidrs[middle].Prefix, block) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
