using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>Turns a snapshot into the maps of <see cref="EbpfTables"/>; numbers follow the order of the manifests.</summary>
internal sealed class EbpfCompiler
{
    private readonly AddressNames _names;
    private readonly ServiceEndpoints _endpoints;
    private readonly Dictionary<(IpAddress Address, byte Protocol, ushort Port), EbpfFrontend> _byFrontend = [];
    private readonly Dictionary<EbpfBackend, uint> _backendIds = [];
    private readonly List<(EbpfFrontend Frontend, uint[] Backends, int UsableCount)> _plans = [];
    private readonly List<EbpfBackend> _backendAddresses = [];
    private readonly List<LbBackend> _backends = [default];
    private readonly List<string> _notes = [];

    public EbpfCompiler(ClusterSnapshot snapshot, AddressNames names, EbpfOptions options)
    {
        _names = names;
        _endpoints = new ServiceEndpoints(snapshot);
        foreach (Service service in snapshot.Services) Plan(service);
        if (_plans.Count > ushort.MaxValue)
        {
            throw new InvalidDataException(
                $"{_plans.Count} frontends of Services: Cilium numbers them with 16 bits; "
                + $"leave out all but {ushort.MaxValue}");
        }

        Services = new FlatMap<LbServiceKey, LbService>(_plans.Sum(plan => 1L + plan.Backends.Length));
        AffinityMatches = new FlatMap<LbAffinityMatch, byte>(
            _plans.Where(plan => plan.Frontend.Service.AffinitySeconds > 0).Sum(plan => (long)plan.Backends.Length));
        ReverseNat = new NativeArray<LbReverseNat>(_plans.Count + 1);
        Backends = new NativeArray<LbBackend>(_backends.Count);
        for (int id = 1; id < _backends.Count; id++) Backends[id] = _backends[id];
        for (int index = 0; index < _plans.Count; index++) Write((ushort)(index + 1), _plans[index]);

        MaglevStarts = new NativeArray<long>(_plans.Count + 1);
        Maglev = options.Algorithm == LbAlgorithm.Maglev ? FillMaglev(options.MaglevSize) : new NativeArray<uint>(0);
    }

    public FlatMap<LbServiceKey, LbService> Services { get; }

    public FlatMap<LbAffinityMatch, byte> AffinityMatches { get; }

    public NativeArray<LbBackend> Backends { get; }

    public NativeArray<LbReverseNat> ReverseNat { get; }

    /// <summary>By number of the frontend: where its table begins.</summary>
    public NativeArray<long> MaglevStarts { get; }

    public NativeArray<uint> Maglev { get; }

    public IEnumerable<EbpfFrontend> Frontends => _plans.Select(plan => plan.Frontend);

    public IReadOnlyList<EbpfBackend> BackendAddresses => _backendAddresses;

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Headless and ExternalName Services have no address of their own.</summary>
    public static bool HasFrontends(Service service) =>
        service.Type != ServiceType.ExternalName && !service.IsHeadless && !service.ClusterIps.IsEmpty;

    private void Plan(Service service)
    {
        if (!HasFrontends(service)) return;

        int usable = 0;
        foreach (ServicePort port in service.Ports)
        {
            foreach (IpAddress address in service.ClusterIps)
            {
                var frontend = new EbpfFrontend(address, service, port);
                if (!_byFrontend.TryAdd((address, port.Protocol, port.Port), frontend))
                {
                    EbpfFrontend first = _byFrontend[(address, port.Protocol, port.Port)];
                    _notes.Add($"{port.Source}: Service {service} claims {address} port {port.Port}, which Service "
                        + $"{first.Service} has ({first.Port.Source}); the first one keeps it");
                    continue;
                }

                EndpointSet endpoints = _endpoints.Of(service, port, address.Family);
                usable += endpoints.Usable.Count;
                Plan(frontend, endpoints);
            }
        }

        NoteWhatWasRead(service, usable);
    }

    private void Plan(EbpfFrontend frontend, EndpointSet endpoints)
    {
        int count = endpoints.Usable.Count + endpoints.Leaving.Count;
        if (count > ushort.MaxValue)
        {
            throw new InvalidDataException(
                $"{frontend.Service.Source}: Service {frontend.Service} has {count} endpoints; "
                + "Cilium counts them with 16 bits");
        }

        uint[] ids = new uint[count];
        int index = 0;
        foreach (ResolvedEndpoint endpoint in endpoints.Usable) ids[index++] = IdOf(endpoint, frontend.Port.Protocol);
        foreach (ResolvedEndpoint endpoint in endpoints.Leaving) ids[index++] = IdOf(endpoint, frontend.Port.Protocol);
        _plans.Add((frontend, ids, endpoints.Usable.Count));
    }

    private void NoteWhatWasRead(Service service, int usable)
    {
        if (_endpoints.IsLeftToSelector(service))
        {
            _notes.Add($"{service.Source}: Service {service} has no EndpointSlice in the manifests: "
                + $"{usable} endpoints resolved from Pods by its selector, running ones taken for ready");
        }

        if (service.InternalTrafficPolicy == TrafficPolicy.Local)
        {
            _notes.Add($"{service.Source}: Service {service} has internalTrafficPolicy Local, which is not modelled yet: "
                + "endpoints of all nodes are used");
        }
    }

    /// <summary>Frontends share a backend of one address, protocol and port; it is active if one says so.</summary>
    private uint IdOf(ResolvedEndpoint endpoint, byte protocol)
    {
        var backend = new EbpfBackend(endpoint.Address, endpoint.Port, protocol);
        LbBackendState state = endpoint.Terminating ? LbBackendState.Terminating : LbBackendState.Active;
        if (_backendIds.TryGetValue(backend, out uint known))
        {
            LbBackend entry = _backends[(int)known];
            if (state < entry.State) _backends[(int)known] = entry with { State = state };
            return known;
        }

        uint id = (uint)_backends.Count;
        _backendIds.Add(backend, id);
        _backendAddresses.Add(backend);
        _backends.Add(new LbBackend
        {
            Address = NameOf(endpoint.Address),
            Port = endpoint.Port,
            Protocol = protocol,
            State = state,
        });
        return id;
    }

    private void Write(ushort number, (EbpfFrontend Frontend, uint[] Backends, int UsableCount) plan)
    {
        (EbpfFrontend frontend, uint[] backends, int usable) = plan;
        uint address = NameOf(frontend.Address);
        ServicePort port = frontend.Port;
        var key = new LbServiceKey(address, port.Port, port.Protocol, (byte)frontend.Address.Family, slot: 0);
        int affinity = frontend.Service.AffinitySeconds;
        var service = new LbService
        {
            BackendId = (uint)affinity,
            Count = (ushort)usable,
            QuarantinedCount = (ushort)(backends.Length - usable),
            ReverseNat = number,
            Flags = affinity > 0 ? LbServiceFlags.Affinity : LbServiceFlags.None,
        };
        Services.Set(in key, in service);
        ReverseNat[number] = new LbReverseNat(address, frontend.Port.Port);

        for (int index = 0; index < backends.Length; index++)
        {
            LbServiceKey slot = key.At((ushort)(index + 1));
            Services.Set(in slot, new LbService { BackendId = backends[index], ReverseNat = number, Flags = service.Flags });
            if (affinity > 0 && index < usable) AffinityMatches.Set(new LbAffinityMatch(backends[index], number), 1);
        }
    }

    private NativeArray<uint> FillMaglev(int size)
    {
        var tables = new NativeArray<uint>((long)size * _plans.Count(plan => plan.UsableCount > 0));
        long start = 0;
        for (int index = 0; index < _plans.Count; index++)
        {
            if (_plans[index].UsableCount == 0) continue;

            (_, uint[] ids, int usable) = _plans[index];
            MaglevBackend[] backends = [.. ids.Take(usable).Select(ToMaglev)];
            Ebpf.Maglev.Fill(TableAt(tables, start, size), backends);
            MaglevStarts[index + 1] = start;
            start += size;
        }

        return tables;
    }

    private static unsafe Span<uint> TableAt(NativeArray<uint> tables, long start, int size) =>
        new(tables.Start + start, size);

    private MaglevBackend ToMaglev(uint id)
    {
        EbpfBackend backend = _backendAddresses[(int)id - 1];
        string text = Ebpf.Maglev.TextOf(backend.Address, backend.Port, backend.Protocol);
        return new MaglevBackend(text, id, Ebpf.Maglev.DefaultWeight);
    }

    private uint NameOf(IpAddress address) => address.IsV4 ? address.V4 : _names.NameOf(address);
}
