using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Turns the model's egress addresses into the table that the stages ask: a group for each assignment, and one for each
/// set of those that depend on the destination.
/// </summary>
internal sealed class EgressCompiler
{
    private readonly NetworkModel _model;
    private readonly List<EgressScope[]> _scopes = [];

    public EgressCompiler(NetworkModel model)
    {
        _model = model;
        Groups = Number();
    }

    /// <summary>Each pod's group, from 1; 0 for none.</summary>
    public ushort[] Groups { get; }

    /// <summary>Null where no pod leaves the cluster with an address of its own.</summary>
    public EgressTable? Compile(AddressNames names)
    {
        if (_model.EgressAddresses.IsEmpty) return null;

        IEnumerable<EgressGroup> own = _model.EgressAddresses.Select(assignment => new EgressGroup(
            HoldersOf(assignment, 4, names), HoldersOf(assignment, 6, names), assignment.PrefersOwnNode)
        {
            Missing = assignment.IsByGateway ? DropReason.NoEgressGateway : DropReason.NoEgressAddress,
        });
        return new EgressTable(
            [.. own, .. _scopes.Select(scopes => new EgressGroup([], [], PrefersOwnNode: false) { Scopes = scopes })]);
    }

    // The first assignment that has a pod has it; those that name destinations share it.
    private ushort[] Number()
    {
        ImmutableArray<EgressAssignment> all = _model.EgressAddresses;
        var assigned = new List<int>?[_model.Pods.Length];
        for (int number = 0; number < all.Length; number++)
        {
            foreach (int pod in all[number].Pods) (assigned[pod] ??= []).Add(number);
        }

        Dictionary<string, ushort> known = [];
        return [.. assigned.Select(numbers => numbers is null ? (ushort)0 : NumberOf(numbers, known))];
    }

    private ushort NumberOf(List<int> numbers, Dictionary<string, ushort> known)
    {
        if (_model.EgressAddresses[numbers[0]].Destinations.IsEmpty) return (ushort)(numbers[0] + 1);

        string key = string.Join(' ', numbers);
        if (known.TryGetValue(key, out ushort group)) return group;

        _scopes.Add([.. numbers.SelectMany(ScopesOf).OrderByDescending(scope => scope.Mask)]);
        return known[key] = (ushort)(_model.EgressAddresses.Length + _scopes.Count);
    }

    // As in Cilium's map, where what is excluded is an entry like others: the longest prefix decides.
    private IEnumerable<EgressScope> ScopesOf(int number)
    {
        EgressAssignment assignment = _model.EgressAddresses[number];
        return assignment.Excluded.Select(prefix => ScopeOf(prefix, 0))
            .Concat(assignment.Destinations.Select(prefix => ScopeOf(prefix, (ushort)(number + 1))));
    }

    private static EgressScope ScopeOf(IpPrefix prefix, ushort group)
    {
        uint mask = prefix.Length == 0 ? 0 : uint.MaxValue << (32 - prefix.Length);
        return new EgressScope(prefix.Address.V4 & mask, mask, group);
    }

    private static EgressHolder[] HoldersOf(EgressAssignment assignment, int family, AddressNames names) =>
    [
        .. assignment.Addresses.Where(address => address.Address.Family == family)
            .Select(address => new EgressHolder(TopologyCompiler.Name(address.Address, names), (ushort)address.Node)),
    ];
}
