using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// The maps as one node has them: node ports under its own addresses, policies Local with its own backends.
/// </summary>
public sealed unsafe partial class EbpfTables
{
    /// <param name="node">The node's number.</param>
    /// <param name="addresses">Where it serves node ports.</param>
    public EbpfMaps MapsAt(ushort node, ImmutableArray<IpAddress> addresses)
    {
        var rows = new List<EbpfServiceRow>();
        for (ushort number = 1; number <= _frontends.Length; number++)
        {
            EbpfFrontend frontend = _frontends[number - 1];
            if (frontend.Kind != EbpfFrontendKind.NodePort)
            {
                rows.Add(RowOf(number, node, frontend.Address));
                continue;
            }

            rows.Add(Surrogate(RowOf(number, node, frontend.Address)));
            rows.AddRange(addresses.Where(address => address.Family == frontend.Address.Family)
                .Select(address => RowOf(number, node, address)));
        }

        ImmutableArray<EbpfServiceRow> numbered =
            [.. rows.Select((row, index) => row with { Id = (ushort)(index + 1) })];
        HashSet<uint> used = [.. numbered.SelectMany(row => row.Backends)];
        IEnumerable<uint> ids = Enumerable.Range(1, BackendCount).Select(id => (uint)id)
            .Where(id => used.Contains(id) || _backends[id].State == LbBackendState.Maintenance);
        return new EbpfMaps(
            numbered, [.. ids.Select(id => new EbpfBackendRow(id, BackendOf(id), _backends[id].State))]);
    }

    private static EbpfServiceRow Surrogate(EbpfServiceRow row) => row with
    {
        Flags = row.Flags & ~LbServiceFlags.Routable,
        MaglevShares = [],
    };

    private EbpfServiceRow RowOf(ushort number, ushort node, IpAddress address)
    {
        EbpfFrontend frontend = _frontends[number - 1];
        byte scope = frontend.IsInternalScope ? (byte)1 : (byte)0;
        LbReverseNat name = _reverseNat[number];
        var key = new LbServiceKey(
            name.Address, name.Port, frontend.Port.Protocol, (byte)address.Family, slot: 0, scope);
        _services.TryGet(in key, out LbService service);
        var row = new EbpfServiceRow(frontend, address) { Flags = service.Flags, Flags2 = service.Flags2 };
        long maglev = _maglev.Starts[number];
        if (!frontend.IsLocal)
        {
            row = row with
            {
                Count = service.Count,
                QuarantinedCount = service.QuarantinedCount,
                Backends = SlotsOf(key, service),
            };
        }
        else if (_local.TryGet(new LbLocalKey(number, node), out LbLocal run))
        {
            var ids = new ReadOnlySpan<uint>(_localBackends.Start + run.First, run.Count + run.QuarantinedCount);
            row = row with { Count = run.Count, QuarantinedCount = run.QuarantinedCount, Backends = [.. ids] };
            maglev = run.MaglevStart;
        }

        // Cilium has Maglev tables for what the outside reaches alone.
        bool isRoutable = (row.Flags & LbServiceFlags.Routable) != 0;
        return row.Count == 0 || _maglev.Size == 0 || !isRoutable ? row : row with { MaglevShares = SharesOf(maglev) };
    }

    private ImmutableArray<uint> SlotsOf(LbServiceKey key, LbService service)
    {
        ImmutableArray<uint>.Builder ids = ImmutableArray.CreateBuilder<uint>(service.Count + service.QuarantinedCount);
        for (int slot = 1; slot <= ids.Capacity; slot++)
        {
            LbServiceKey entry = key.At((ushort)slot);
            _services.TryGet(in entry, out LbService backend);
            ids.Add(backend.BackendId);
        }

        return ids.MoveToImmutable();
    }

    private ImmutableArray<(uint Backend, int Entries)> SharesOf(long start)
    {
        var shares = new SortedDictionary<uint, int>();
        foreach (uint id in _maglev.TableAt(start)) shares[id] = shares.GetValueOrDefault(id) + 1;
        return [.. shares.Select(share => (share.Key, share.Value))];
    }
}
