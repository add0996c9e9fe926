using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Cilium's load-balancing maps for a cluster: services with their slots, backends, reverse NAT, affinity, Maglev.
/// Immutable once compiled; engines share it.
/// </summary>
public sealed unsafe partial class EbpfTables : IDisposable
{
    /// <summary>The number of a node that the manifests do not have.</summary>
    internal const ushort NoNode = ushort.MaxValue;

    /// <summary>The unspecified address as key: node ports of every node stand under it.</summary>
    internal const uint Wildcard = 0;

    private const long Second = 1_000_000_000;

    /// <summary>What Cilium gives a pod as source that reaches itself (<c>IPV4_LOOPBACK</c>): 169.254.42.1.</summary>
    private const uint Loopback = 0xA9FE_2A01;

    private readonly FlatMap<LbServiceKey, LbService> _services;
    private readonly FlatMap<LbAffinityMatch, byte> _affinityMatches;
    private readonly FlatMap<LbLocalKey, LbLocal> _local;
    private readonly NativeArray<uint> _localBackends;
    private readonly NativeArray<LbBackend> _backends;
    private readonly NativeArray<ushort> _backendNodes;
    private readonly NativeArray<LbReverseNat> _reverseNat;
    private readonly LbSourceRanges _sourceRanges;
    private readonly MaglevTables _maglev;
    private readonly AddressNames _names;
    private readonly EbpfFrontend[] _frontends;
    private readonly EbpfBackend[] _backendAddresses;
    private readonly Topology? _topology;
    private readonly LbDirectReturn _directReturn;

    internal EbpfTables(EbpfCompiler compiled, ServiceModel services, AddressNames names, Topology? topology,
        LbDirectReturn directReturn)
    {
        _names = names;
        _services = compiled.Services;
        _affinityMatches = compiled.AffinityMatches;
        _local = compiled.Local;
        _localBackends = compiled.LocalBackends;
        _backends = compiled.Backends;
        _backendNodes = compiled.BackendNodes;
        _reverseNat = compiled.ReverseNat;
        _sourceRanges = compiled.SourceRanges;
        _maglev = compiled.Maglev;
        _frontends = compiled.Frontends;
        _backendAddresses = [.. compiled.BackendAddresses];
        _topology = topology;
        _directReturn = directReturn;
        Notes = services.Notes;
    }

    /// <summary>What the manifests left open, and how it was read.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>All addresses of frontends but the nodes' own, each once, in the order of the manifests.</summary>
    public IEnumerable<IpAddress> Frontends => _frontends.Where(frontend => frontend.Kind != EbpfFrontendKind.NodePort)
        .Select(frontend => frontend.Address).Distinct();

    /// <summary>Frontends: an address, protocol and port each. Numbers run from 1.</summary>
    public int FrontendCount => _frontends.Length;

    /// <summary>Backends: an address, protocol and port each. Ids run from 1.</summary>
    public int BackendCount => _backendAddresses.Length;

    /// <summary>Bytes of all maps but Maglev's.</summary>
    public long Size => _services.Size + _affinityMatches.Size + _local.Size + _localBackends.Length * sizeof(uint)
        + _backends.Length * LbBackend.Size + _backendNodes.Length * sizeof(ushort)
        + _reverseNat.Length * LbReverseNat.Size
        + _sourceRanges.Size;

    /// <summary>Bytes of the Maglev tables; 0 where the choice is random.</summary>
    public long MaglevBytes => _maglev.Bytes;

    /// <summary>Compiles a cluster's Services, with its nodes in the order of the manifests.</summary>
    public static EbpfTables Compile(ClusterSnapshot snapshot, AddressNames names, EbpfOptions options) =>
        Compile(ServiceModel.Compile(snapshot), [.. snapshot.Nodes.Select(node => node.Name)], names, options);

    /// <param name="services">The Services.</param>
    /// <param name="nodes">Names of nodes; their places are the zones of flow keys.</param>
    /// <param name="names">Names of addresses.</param>
    /// <param name="options">What the tables depend on besides.</param>
    /// <param name="topology">Tells which addresses of nodes have node ports: the underlay's; without it, all.</param>
    public static EbpfTables Compile(
        ServiceModel services, ImmutableArray<string> nodes, AddressNames names, EbpfOptions options,
        Topology? topology = null)
    {
        if (options.Algorithm == LbAlgorithm.Maglev && !Maglev.Sizes.Contains(options.MaglevSize))
        {
            throw new InvalidDataException(
                $"lb.maglevSize {options.MaglevSize} is not a size that Cilium has; use one of "
                + string.Join(", ", Maglev.Sizes.ToArray()));
        }

        return new EbpfTables(
            new EbpfCompiler(services, nodes, names, options), services, names, topology, options.DirectReturn);
    }

    /// <summary>The frontend that a verdict's <see cref="ServiceVerdict.Service"/> names.</summary>
    public EbpfFrontend FrontendOf(uint service) => _frontends[service - 1];

    /// <summary>The backend that a verdict's <see cref="ServiceVerdict.Backend"/> names.</summary>
    public EbpfBackend BackendOf(uint backend) => _backendAddresses[backend - 1];

    /// <summary>The entry of the services map, as <c>cilium bpf lb list</c> would show it.</summary>
    public bool TryGetService(in LbServiceKey key, out LbService service) => _services.TryGet(in key, out service);

    /// <summary>The entry of the backends map.</summary>
    public LbBackend BackendEntry(uint backend) => _backends[backend];

    /// <summary>The entry of the reverse-NAT map.</summary>
    public LbReverseNat ReverseNatEntry(uint service) => _reverseNat[service];

    /// <summary>The Maglev table of a frontend that has backends and is the same on every node.</summary>
    public ReadOnlySpan<uint> MaglevTableOf(uint service) => _maglev.TableAt(_maglev.Starts[service]);

    public void Dispose()
    {
        _services.Dispose();
        _affinityMatches.Dispose();
        _local.Dispose();
        _localBackends.Dispose();
        _backends.Dispose();
        _backendNodes.Dispose();
        _reverseNat.Dispose();
        _sourceRanges.Dispose();
        _maglev.Dispose();
    }
}
