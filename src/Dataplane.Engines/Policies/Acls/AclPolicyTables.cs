using System.Runtime.CompilerServices;
using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// Policies as ovn-kubernetes hands them to OVN: port groups, address sets and ACLs in tiers, found by Open vSwitch's
/// classifier. Immutable once compiled; engines share it.
/// </summary>
public sealed class AclPolicyTables : IDisposable
{
    private static readonly PolicyTier[] Tiers = [PolicyTier.Admin, PolicyTier.Namespaced, PolicyTier.Baseline];

    private readonly PolicyPlaces _places;
    private readonly AclClassifier[] _ingress;
    private readonly AclClassifier[] _egress;

    private AclPolicyTables(PolicyModel model, PolicyPlaces places)
    {
        _places = places;
        _ingress = Classify(model, places, PolicyDirection.Ingress);
        _egress = Classify(model, places, PolicyDirection.Egress);
    }

    /// <summary>ACLs of both directions and all tiers, default denies among them.</summary>
    public int AclCount => All.Sum(tier => tier.Acls.Length);

    /// <summary>Flows that the ACLs become.</summary>
    public int FlowCount => All.Sum(tier => tier.FlowCount);

    /// <summary>Bytes of memory.</summary>
    public long Size => All.Sum(tier => tier.Size);

    /// <summary>The ACLs as <c>ovn-nbctl acl-list</c> has them, in the order in which each tier asks.</summary>
    public IEnumerable<AclRow> Rows =>
        RowsOf(_ingress, PolicyDirection.Ingress).Concat(RowsOf(_egress, PolicyDirection.Egress));

    private IEnumerable<AclClassifier> All => _ingress.Concat(_egress);

    public static AclPolicyTables Compile(PolicyModel model, NetworkModel network, Topology topology) =>
        new(model, PolicyPlaces.Of(model, network, topology));

    public void Dispose()
    {
        _places.Dispose();
        foreach (AclClassifier tier in All) tier.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PolicyVerdict Judge(in PolicyQuery query)
    {
        if (_places.IsNeverJudged(in query)) return new PolicyVerdict(true, PolicyVerdict.NeverJudged);

        int identity = _places.IdentityOf(query.Endpoint);
        if (identity < 0) return new PolicyVerdict(true, PolicyVerdict.NotIsolated);

        ref readonly FlowKey key = ref query.Key;
        bool isIngress = query.Direction == PolicyDirection.Ingress;
        AddressWords peer = AddressWords.Of(isIngress ? key.Source : key.Destination, key.Family, _places.Names);
        foreach (AclClassifier tier in isIngress ? _ingress : _egress)
        {
            int rank = tier.Find(identity, in peer, key.Family, key.Protocol, key.DestinationPort);
            if (rank == AclClassifier.NoMatch) continue;

            Acl acl = tier.Acls[rank];
            if (acl.Action != PolicyAction.Pass) return new PolicyVerdict(acl.Action == PolicyAction.Allow, acl.Rule);
        }

        return new PolicyVerdict(true, PolicyVerdict.NotIsolated);
    }

    private static IEnumerable<AclRow> RowsOf(AclClassifier[] tiers, PolicyDirection direction) =>
        tiers.SelectMany(tier => tier.Acls)
            .Select(acl => new AclRow(direction, acl.Tier, acl.Priority, acl.Action, acl.Rule));

    private static AclClassifier[] Classify(PolicyModel model, PolicyPlaces places, PolicyDirection direction) =>
        [.. Tiers.Select(tier => new AclClassifier(
            new FlowDraft(AclPlan.Of(model, places, direction, tier), places, model.Identities.Length)))];
}
