using System.Runtime.CompilerServices;
using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// Policies as Cilium's programs ask for them (<c>bpf/lib/policy.h</c>): an ipcache from address to identity, and
/// policy maps by identity. Immutable once compiled; engines share it.
/// </summary>
public sealed class IdentityPolicyTables : IDisposable
{
    private readonly PolicyPlaces _places;
    private readonly Ipcache _ipcache;
    private readonly PolicyMaps _maps;
    private readonly NativeArray<int> _mapOfIdentity;

    private IdentityPolicyTables(PolicyModel model, PolicyPlaces places)
    {
        _places = places;
        var peers = new PeerNumbers(model, places);
        _ipcache = new Ipcache(peers.Addresses);
        var compiler = new IdentityCompiler(model, peers);
        _maps = new PolicyMaps(compiler.Maps);
        _mapOfIdentity = new NativeArray<int>(compiler.MapsOfIdentities.Length);
        for (int slot = 0; slot < compiler.MapsOfIdentities.Length; slot++)
            _mapOfIdentity[slot] = compiler.MapsOfIdentities[slot];
    }

    /// <summary>Policy maps: one for each set of policies that an identity has in one direction.</summary>
    public int MapCount => _maps.MapCount;

    /// <summary>Entries of all policy maps.</summary>
    public int EntryCount => _maps.EntryCount;

    /// <summary>Prefixes in the ipcache, of pods and nodes, and of policies.</summary>
    public int IpcacheCount => _ipcache.Count;

    /// <summary>Bytes of memory.</summary>
    public long Size => _maps.Size + _ipcache.Size + _mapOfIdentity.Length * sizeof(int);

    public static IdentityPolicyTables Compile(PolicyModel model, NetworkModel network, Topology topology) =>
        new(model, PolicyPlaces.Of(model, network, topology));

    /// <summary>
    /// The security identity of an address (a key's name for it), as <c>cilium bpf ipcache get</c> would tell.
    /// </summary>
    public uint IdentityOf(uint name, byte family) => _ipcache.IdentityOf(name, family, _places.Names);

    public void Dispose()
    {
        _places.Dispose();
        _ipcache.Dispose();
        _maps.Dispose();
        _mapOfIdentity.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PolicyVerdict Judge(in PolicyQuery query)
    {
        if (_places.IsNeverJudged(in query)) return new PolicyVerdict(true, PolicyVerdict.NeverJudged);

        int identity = _places.IdentityOf(query.Endpoint);
        if (identity < 0) return new PolicyVerdict(true, PolicyVerdict.NotIsolated);

        ref readonly FlowKey key = ref query.Key;
        bool isIngress = query.Direction == PolicyDirection.Ingress;
        uint peer = _ipcache.IdentityOf(isIngress ? key.Source : key.Destination, key.Family, _places.Names);
        int map = _mapOfIdentity[2 * identity + (isIngress ? 0 : 1)];
        return _maps.Judge(map, peer, query.Direction, key.Protocol, key.DestinationPort);
    }
}
