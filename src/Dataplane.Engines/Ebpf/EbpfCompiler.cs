using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>Turns a snapshot into the maps of <see cref="EbpfTables"/>; numbers follow the order of the manifests.</summary>
internal sealed class EbpfCompiler
{
    private readonly AddressNames _names;
    private readonly Dictionary<EbpfBackend, uint> _backendIds = [];
    private readonly List<(EbpfFrontend Frontend, uint[] Backends, int UsableCount)> _plans = [];
    private readonly List<EbpfBackend> _backendAddresses = [];
    private readonly List<LbBackend> _backends = [default];
    private readonly string[] _notes;

    public EbpfCompiler(ClusterSnapshot snapshot, AddressNames names, EbpfOptions options)
    {
        _names = names;
        ServiceModel model = ServiceModel.Compile(snapshot);
        _notes = [.. model.Notes, .. snapshot.Services.Where(NeedsNode).Select(NoteOfPolicy)];
        foreach (ProxiedPort port in model.Ports) Plan(port);
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

    private static bool NeedsNode(Service service) =>
        ServiceModel.HasFrontends(service) && service.InternalTrafficPolicy == TrafficPolicy.Local;

    private static string NoteOfPolicy(Service service) =>
        $"{service.Source}: Service {service} has internalTrafficPolicy Local, which is not modelled yet: "
        + "endpoints of all nodes are used";

    /// <summary>
    /// Ready endpoints are usable; if there are none, those that still serve while they terminate. Other terminating
    /// ones stand behind them and only keep the connections that they have.
    /// </summary>
    private void Plan(ProxiedPort port)
    {
        bool anyReady = port.Endpoints.Any(endpoint => endpoint.Ready);
        ProxiedEndpoint[] usable =
        [
            .. port.Endpoints.Where(endpoint =>
                anyReady ? endpoint.Ready : endpoint.Serving && endpoint.Terminating),
        ];
        ProxiedEndpoint[] leaving =
        [
            .. port.Endpoints.Where(endpoint =>
                endpoint.Terminating && !(anyReady ? endpoint.Ready : endpoint.Serving)),
        ];
        int count = usable.Length + leaving.Length;
        if (count > ushort.MaxValue)
        {
            throw new InvalidDataException(
                $"{port.Service.Source}: Service {port.Service} has {count} endpoints; Cilium counts them with 16 bits");
        }

        uint[] ids = [.. usable.Concat(leaving).Select(endpoint => IdOf(endpoint, port.Protocol))];
        _plans.Add((new EbpfFrontend(port.ClusterIp, port.Service, port.Port), ids, usable.Length));
    }

    /// <summary>Frontends share a backend of one address, protocol and port; it is active if one says so.</summary>
    private uint IdOf(ProxiedEndpoint endpoint, byte protocol)
    {
        var backend = new EbpfBackend(endpoint.Address, endpoint.Port, protocol);
        bool leaves = endpoint.Terminating && !endpoint.Ready;
        LbBackendState state = leaves ? LbBackendState.Terminating : LbBackendState.Active;
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
