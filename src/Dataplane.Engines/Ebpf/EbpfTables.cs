using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Cilium's load-balancing maps for a cluster: services with their slots, backends, reverse NAT, affinity, Maglev.
/// Immutable once compiled; engines share it.
/// </summary>
public sealed unsafe class EbpfTables : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly FlatMap<LbServiceKey, LbService> _services;
    private readonly FlatMap<LbAffinityMatch, byte> _affinityMatches;
    private readonly NativeArray<LbBackend> _backends;
    private readonly NativeArray<LbReverseNat> _reverseNat;
    private readonly NativeArray<long> _maglevStarts;
    private readonly NativeArray<uint> _maglev;
    private readonly uint _maglevSize;
    private readonly AddressNames _names;
    private readonly EbpfFrontend[] _frontends;
    private readonly EbpfBackend[] _backendAddresses;

    internal EbpfTables(EbpfCompiler compiled, AddressNames names, EbpfOptions options)
    {
        _names = names;
        _services = compiled.Services;
        _affinityMatches = compiled.AffinityMatches;
        _backends = compiled.Backends;
        _reverseNat = compiled.ReverseNat;
        _maglevStarts = compiled.MaglevStarts;
        _maglev = compiled.Maglev;
        _maglevSize = options.Algorithm == LbAlgorithm.Maglev ? (uint)options.MaglevSize : 0;
        _frontends = [.. compiled.Frontends];
        _backendAddresses = [.. compiled.BackendAddresses];
        Notes = compiled.Notes;
    }

    /// <summary>What the manifests left open, and how it was read.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>All addresses of frontends, each once, in the order of the manifests.</summary>
    public IEnumerable<IpAddress> Frontends => _frontends.Select(frontend => frontend.Address).Distinct();

    /// <summary>Frontends: an address, protocol and port each. Numbers run from 1.</summary>
    public int FrontendCount => _frontends.Length;

    /// <summary>Backends: an address, protocol and port each. Ids run from 1.</summary>
    public int BackendCount => _backendAddresses.Length;

    /// <summary>Bytes of all maps but Maglev's.</summary>
    public long Size => _services.Size + _affinityMatches.Size + _backends.Length * LbBackend.Size
        + _reverseNat.Length * LbReverseNat.Size;

    /// <summary>Bytes of the Maglev tables; 0 where the choice is random.</summary>
    public long MaglevBytes => _maglev.Length * sizeof(uint);

    /// <summary>Compiles the cluster's ClusterIP Services.</summary>
    public static EbpfTables Compile(ClusterSnapshot snapshot, AddressNames names, EbpfOptions options)
    {
        if (options.Algorithm == LbAlgorithm.Maglev && !Maglev.Sizes.Contains(options.MaglevSize))
        {
            throw new InvalidDataException(
                $"lb.maglevSize {options.MaglevSize} is not a size that Cilium has; use one of "
                + string.Join(", ", Maglev.Sizes.ToArray()));
        }

        return new EbpfTables(new EbpfCompiler(snapshot, names, options), names, options);
    }

    /// <summary>
    /// What <see cref="Frontends"/> will be, before there are tables: they need names of addresses, names need the map of
    /// places, and Services have their place in it.
    /// </summary>
    public static IEnumerable<IpAddress> FrontendsOf(ClusterSnapshot snapshot) => snapshot.Services
        .Where(service => ServiceModel.HasFrontends(service) && !service.Ports.IsEmpty)
        .SelectMany(service => service.ClusterIps)
        .Distinct();

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

    /// <summary>The Maglev table of a frontend that has backends.</summary>
    public ReadOnlySpan<uint> MaglevTableOf(uint service) =>
        new(_maglev.Start + _maglevStarts[service], (int)_maglevSize);

    internal void Prefetch(in FlowKey key)
    {
        var frontend = new LbServiceKey(key.Destination, key.DestinationPort, key.Protocol, key.Family, slot: 0);
        _services.Prefetch(in frontend);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ServiceVerdict Lookup(in FlowKey key, in ServiceState state, ref Draw draw)
    {
        ServiceVerdict verdict = default;
        var frontend = new LbServiceKey(key.Destination, key.DestinationPort, key.Protocol, key.Family, slot: 0);
        if (!_services.TryGet(in frontend, out LbService service)) return verdict;

        verdict.Service = service.ReverseNat;
        verdict.Outcome = ServiceOutcome.NoBackend;
        if (service.Count == 0) return verdict;

        if ((service.Flags & LbServiceFlags.Affinity) != 0) verdict.AffinityTimeout = service.AffinitySeconds * Second;
        verdict.Backend = Select(in key, in state, ref draw, in frontend, in service);
        ref readonly LbBackend backend = ref _backends[verdict.Backend];
        verdict.Outcome = ServiceOutcome.Backend;
        verdict.BackendAddress = backend.Address;
        verdict.BackendPort = backend.Port;
        return verdict;
    }

    public void Dispose()
    {
        _services.Dispose();
        _affinityMatches.Dispose();
        _backends.Dispose();
        _reverseNat.Dispose();
        _maglevStarts.Dispose();
        _maglev.Dispose();
    }

    private uint Select(
        in FlowKey key, in ServiceState state, ref Draw draw, in LbServiceKey frontend, in LbService service)
    {
        bool hasAffinity = (service.Flags & LbServiceFlags.Affinity) != 0;
        if (hasAffinity && TryAffinity(in key, in state, in service, out uint remembered)) return remembered;
        if (_maglevSize != 0) return SelectByMaglev(in key, hasAffinity, service.ReverseNat);

        LbServiceKey entry = frontend.At((ushort)(draw.Next() % service.Count + 1));
        _services.TryGet(in entry, out LbService chosen);
        return chosen.BackendId;
    }

    private bool TryAffinity(in FlowKey key, in ServiceState state, in LbService service, out uint backend)
    {
        long timeout = service.AffinitySeconds * Second;
        if (!state.Affinity.TryGet(in key, service.ReverseNat, state.Now, timeout, out backend)) return false;

        var match = new LbAffinityMatch(backend, service.ReverseNat);
        return _affinityMatches.Contains(in match);
    }

    /// <summary>The words are hashed as they lie on the wire; affinity leaves out the source port.</summary>
    private uint SelectByMaglev(in FlowKey key, bool hasAffinity, ushort service)
    {
        uint destinationPort = BinaryPrimitives.ReverseEndianness(key.DestinationPort);
        uint sourcePort = hasAffinity ? 0u : BinaryPrimitives.ReverseEndianness(key.SourcePort);
        uint ports = destinationPort << 16 | sourcePort;
        uint hash = key.Family == 4
            ? JenkinsHash.Hash(BinaryPrimitives.ReverseEndianness(key.Source), ports, key.Protocol, Maglev.V4Seed)
            : HashV6(key.Source, ports, key.Protocol);
        return _maglev[_maglevStarts[service] + hash % _maglevSize];
    }

    private uint HashV6(uint source, uint ports, byte protocol)
    {
        Span<uint> words = stackalloc uint[4];
        Span<byte> address = stackalloc byte[16];
        fixed (byte* bytes = address) _names.WriteTo(source, bytes);
        for (int word = 0; word < words.Length; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt32LittleEndian(address[(sizeof(uint) * word)..]);
        }

        return JenkinsHash.Hash(words, ports, protocol, Maglev.V6Seed);
    }
}
