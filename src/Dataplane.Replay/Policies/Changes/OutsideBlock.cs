using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>
/// Addresses outside that one block of some rule holds and no smaller one: policies cannot tell them apart.
/// </summary>
/// <param name="Name"><c>203.0.113.0/24</c>, <c>node/n2</c>, <c>the rest of 0.0.0.0/0</c>.</param>
/// <param name="Address">One of them.</param>
internal sealed record OutsideBlock(string Name, IpAddress Address)
{
    /// <summary>
    /// Whatever rules of one direction name, each part once; parts that are the cluster's own are left out.
    /// </summary>
    public static ImmutableArray<OutsideBlock> Of(
        IEnumerable<CompiledRule> rules, PolicyDirection direction, IReadOnlyList<IpPrefix> inside)
    {
        PeerBlock[] blocks = [.. rules.Where(rule => rule.Direction == direction).SelectMany(rule => rule.PeerBlocks)];
        Dictionary<IpPrefix, string> names = [];
        foreach (PeerBlock block in blocks.Where(block => block.Node is not null))
            names.TryAdd(block.Block, $"node/{block.Node}");

        IpPrefix[] prefixes = [.. blocks.SelectMany(block => block.Except.Prepend(block.Block)).Distinct()];
        return [.. prefixes.Order(Comparer<IpPrefix>.Create(Compare))
            .Select(prefix => Of(prefix, prefixes, inside, names)).OfType<OutsideBlock>()];
    }

    private static OutsideBlock? Of(
        IpPrefix prefix, IpPrefix[] all, IReadOnlyList<IpPrefix> inside, Dictionary<IpPrefix, string> names)
    {
        IpPrefix[] smaller = [.. all.Where(other => other.Length > prefix.Length && prefix.Contains(other.Address))];
        IpPrefix[] others =
            [.. smaller, .. inside.Where(other => prefix.Contains(other.Address) || other.Contains(prefix.Address))];
        if (FirstOutside(prefix, others) is not { } address) return null;

        string name = names.GetValueOrDefault(prefix)
            ?? (prefix.Length == prefix.Address.Bits ? prefix.Address.ToString() : prefix.ToString());
        return new OutsideBlock(smaller.Length == 0 ? name : $"the rest of {name}", address);
    }

    // Where any address of it is in no other prefix, one is its first, or follows on one of them.
    private static IpAddress? FirstOutside(IpPrefix prefix, IpPrefix[] others) =>
        others.Select(After).Prepend(prefix.Address)
            .OfType<IpAddress>()
            .Where(address => prefix.Contains(address) && !others.Any(other => other.Contains(address)))
            .Select(address => (IpAddress?)address)
            .FirstOrDefault();

    private static IpAddress? After(IpPrefix prefix)
    {
        int bits = prefix.Address.Bits - prefix.Length;
        UInt128 last = prefix.Address.Value + (bits == 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1);
        UInt128 most = prefix.Address.IsV6 ? UInt128.MaxValue : uint.MaxValue;
        if (last == most) return null;

        return prefix.Address.IsV6 ? IpAddress.FromV6(last + 1) : IpAddress.FromV4((uint)last + 1);
    }

    private static int Compare(IpPrefix one, IpPrefix other)
    {
        int byFamily = one.Address.Family.CompareTo(other.Address.Family);
        int byAddress = byFamily != 0 ? byFamily : one.Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : one.Length.CompareTo(other.Length);
    }
}
