using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// Turns Services into the maps of <see cref="EbpfTables"/>; numbers follow the order of the
/// manifests, slots that of addresses.
/// </summary>
internal sealed class EbpfCompiler
{
    private readonly AddressNames _names;
    private readonly Dictionary<string, ushort> _nodes = [];
    private readonly Dictionary<EbpfBackend, uint> _backendIds = [];
    private readonly List<EbpfPlan> _plans = [];
    private readonly List<EbpfBackend> _backendAddresses = [];
    private readonly List<LbBackend> _backends = [default];
    private readonly List<ushort> _backendNodes = [EbpfTables.NoNode];

    public EbpfCompiler(ServiceModel services, ImmutableArray<string> nodes, AddressNames names, EbpfOptions options)
    {
        _names = names;
        for (int node = 0; node < nodes.Length; node++) _nodes.TryAdd(nodes[node], (ushort)node);
        foreach (ProxiedPort port in services.Ports) _plans.Add(Plan(port));
        Frontends = [.. _plans.SelectMany(plan => plan.Frontends)];
        if (Frontends.Length > ushort.MaxValue)
        {
            throw new InvalidDataException(
                $"{Frontends.Length} frontends of Services: Cilium numbers them with 16 bits; "
                + $"leave out all but {ushort.MaxValue}");
        }

        AllocateMaps();
        FillBackends();
        SourceRanges = new LbSourceRanges([.. Frontends.Select(frontend => frontend.SourceRanges)], names);
        Maglev = new MaglevTables(Frontends.Length, CountMaglev(), options);
        ushort number = 1;
        int run = 0;
        foreach (EbpfPlan plan in _plans) Write(plan, ref number, ref run);
    }

    public FlatMap<LbServiceKey, LbService> Services { get; private set; } = null!;

    public FlatMap<LbAffinityMatch, byte> AffinityMatches { get; private set; } = null!;

    public FlatMap<LbLocalKey, LbLocal> Local { get; private set; } = null!;

    /// <summary>The runs that <see cref="LbLocal"/> points to.</summary>
    public NativeArray<uint> LocalBackends { get; private set; } = null!;

    public NativeArray<LbBackend> Backends { get; private set; } = null!;

    public NativeArray<ushort> BackendNodes { get; private set; } = null!;

    public NativeArray<LbReverseNat> ReverseNat { get; private set; } = null!;

    public LbSourceRanges SourceRanges { get; }

    public MaglevTables Maglev { get; }

    public EbpfFrontend[] Frontends { get; }

    public IReadOnlyList<EbpfBackend> BackendAddresses => _backendAddresses;

    private static bool IsShared(EbpfFrontend frontend) => !frontend.IsLocal;

    private static int Compare(ProxiedEndpoint left, ProxiedEndpoint right)
    {
        int byAddress = left.Address.CompareTo(right.Address);
        return byAddress != 0 ? byAddress : left.Port.CompareTo(right.Port);
    }

    private EbpfPlan Plan(ProxiedPort port)
    {
        (ProxiedEndpoint Endpoint, uint Id)[] endpoints =
            [.. port.Endpoints.Select(endpoint => (endpoint, IdOf(endpoint, port.Protocol)))];
        if (endpoints.Length > ushort.MaxValue)
        {
            throw new InvalidDataException(
                $"{port.Service.Source}: Service {port.Service} has {endpoints.Length} endpoints; "
                + "Cilium counts them with 16 bits");
        }

        Array.Sort(endpoints, static (left, right) => Compare(left.Endpoint, right.Endpoint));
        var plan = new EbpfPlan(port, EbpfBackends.Of(endpoints));
        if (plan.Frontends.All(IsShared)) return plan;

        foreach (IGrouping<string, (ProxiedEndpoint, uint)> local in endpoints.GroupBy(one => one.Endpoint.NodeName))
        {
            if (!_nodes.TryGetValue(local.Key, out ushort node)) continue;

            EbpfBackends backends = EbpfBackends.Of([.. local]);
            if (backends.Ids.Length > 0) plan.ByNode.Add(node, backends);
        }

        return plan;
    }

    /// <summary>Frontends share a backend of one address, protocol and port; it is active if one says so.</summary>
    private uint IdOf(ProxiedEndpoint endpoint, byte protocol)
    {
        var backend = new EbpfBackend(endpoint.Address, endpoint.Port, protocol);
        LbBackendState state = endpoint.Ready ? LbBackendState.Active
            : endpoint.Terminating ? LbBackendState.Terminating
            : LbBackendState.Maintenance;
        if (_backendIds.TryGetValue(backend, out uint known))
        {
            LbBackend entry = _backends[(int)known];
            if (state < entry.State) _backends[(int)known] = entry with { State = state };
            return known;
        }

        uint id = (uint)_backends.Count;
        _backendIds.Add(backend, id);
        _backendAddresses.Add(backend);
        _backendNodes.Add(_nodes.GetValueOrDefault(endpoint.NodeName, EbpfTables.NoNode));
        _backends.Add(new LbBackend
        {
            Address = NameOf(endpoint.Address),
            Port = endpoint.Port,
            Protocol = protocol,
            State = state,
        });
        return id;
    }

    private void AllocateMaps()
    {
        long slots = 0, matches = 0, locals = 0, runs = 0;
        foreach (EbpfPlan plan in _plans)
        {
            int backends = plan.Everywhere.Ids.Length;
            int shared = plan.Frontends.Count(IsShared);
            slots += plan.Frontends.Length + (long)shared * backends;
            if (plan.Port.AffinitySeconds > 0) matches += (long)shared * backends;
            locals += (long)(plan.Frontends.Length - shared) * plan.ByNode.Count;
            runs += plan.ByNode.Values.Sum(local => (long)local.Ids.Length);
        }

        Services = new FlatMap<LbServiceKey, LbService>(slots);
        AffinityMatches = new FlatMap<LbAffinityMatch, byte>(matches);
        Local = new FlatMap<LbLocalKey, LbLocal>(locals);
        LocalBackends = new NativeArray<uint>(runs);
        ReverseNat = new NativeArray<LbReverseNat>(Frontends.Length + 1);
    }

    private void FillBackends()
    {
        Backends = new NativeArray<LbBackend>(_backends.Count);
        BackendNodes = new NativeArray<ushort>(_backends.Count);
        for (int id = 0; id < _backends.Count; id++)
        {
            Backends[id] = _backends[id];
            BackendNodes[id] = _backendNodes[id];
        }
    }

    private int CountMaglev() => _plans.Sum(plan =>
        (plan.Everywhere.UsableCount > 0 && plan.Frontends.Any(IsShared) ? 1 : 0)
        + plan.ByNode.Values.Count(local => local.UsableCount > 0));

    private void Write(EbpfPlan plan, ref ushort number, ref int run)
    {
        var locals = new List<(ushort Node, LbLocal Local)>();
        foreach ((ushort node, EbpfBackends backends) in plan.ByNode)
        {
            int first = run;
            foreach (uint id in backends.Ids) LocalBackends[run++] = id;
            int usable = backends.UsableCount;
            locals.Add((node,
                new LbLocal(first, (ushort)usable, (ushort)(backends.Ids.Length - usable), FillMaglev(backends))));
        }

        long maglev = plan.Frontends.Any(IsShared) ? FillMaglev(plan.Everywhere) : 0;
        foreach (EbpfFrontend frontend in plan.Frontends)
        {
            Maglev.Starts[number] = maglev;
            Write(number, plan, frontend);
            if (frontend.IsLocal)
            {
                foreach ((ushort node, LbLocal local) in locals) Local.Set(new LbLocalKey(number, node), local);
            }

            number++;
        }
    }

    private void Write(ushort number, EbpfPlan plan, EbpfFrontend frontend)
    {
        (uint[] ids, int usable) = plan.Everywhere;
        uint address = NameOf(frontend.Address);
        byte scope = frontend.IsInternalScope ? (byte)1 : (byte)0;
        var key = new LbServiceKey(
            address, frontend.Number, plan.Port.Protocol, (byte)frontend.Address.Family, slot: 0, scope);
        int affinity = plan.Port.AffinitySeconds;
        (LbServiceFlags flags, LbServiceFlags2 flags2) = FlagsOf(plan.Port, frontend);
        Services.Set(in key, new LbService
        {
            BackendId = (uint)affinity,
            Count = (ushort)usable,
            QuarantinedCount = (ushort)(ids.Length - usable),
            ReverseNat = number,
            Flags = flags,
            Flags2 = flags2,
        });
        ReverseNat[number] = new LbReverseNat(address, frontend.Number);
        if (frontend.IsLocal) return;

        for (int index = 0; index < ids.Length; index++)
        {
            LbServiceKey slot = key.At((ushort)(index + 1));
            Services.Set(
                in slot, new LbService { BackendId = ids[index], ReverseNat = number, Flags = flags, Flags2 = flags2 });
            if (affinity > 0 && index < usable) AffinityMatches.Set(new LbAffinityMatch(ids[index], number), 1);
        }
    }

    /// <summary>As Cilium's <c>NewSvcFlag</c> (<c>pkg/loadbalancer/loadbalancer.go</c>) puts them together.</summary>
    private static (LbServiceFlags Flags, LbServiceFlags2 Flags2) FlagsOf(ProxiedPort port, EbpfFrontend frontend)
    {
        LbServiceFlags flags = frontend.Kind switch
        {
            EbpfFrontendKind.NodePort => LbServiceFlags.NodePort | LbServiceFlags.Routable,
            EbpfFrontendKind.ExternalIp => LbServiceFlags.ExternalIp | LbServiceFlags.Routable,
            EbpfFrontendKind.LoadBalancer => LbServiceFlags.LoadBalancer | LbServiceFlags.Routable,
            _ => LbServiceFlags.None,
        };
        LbServiceFlags2 flags2 = port.IsInternalPolicyLocal ? LbServiceFlags2.InternalLocal : LbServiceFlags2.None;
        bool isOuter = frontend.Kind != EbpfFrontendKind.ClusterIp;
        if (isOuter && port.IsInternalPolicyLocal != port.IsExternalPolicyLocal) flags2 |= LbServiceFlags2.TwoScopes;
        if (port.IsExternalPolicyLocal) flags |= LbServiceFlags.ExternalLocal;
        if (port.AffinitySeconds > 0) flags |= LbServiceFlags.Affinity;
        bool isRestricted = frontend.Kind == EbpfFrontendKind.LoadBalancer && !port.SourceRanges.IsEmpty;
        return (isRestricted ? flags | LbServiceFlags.SourceRange : flags, flags2);
    }

    private long FillMaglev(EbpfBackends backends) => Maglev.Size == 0 || backends.UsableCount == 0
        ? 0
        : Maglev.Add([.. backends.Ids.Take(backends.UsableCount).Select(ToMaglev)]);

    private MaglevBackend ToMaglev(uint id)
    {
        EbpfBackend backend = _backendAddresses[(int)id - 1];
        string text = Ebpf.Maglev.TextOf(backend.Address, backend.Port, backend.Protocol);
        return new MaglevBackend(text, id, Ebpf.Maglev.DefaultWeight);
    }

    private uint NameOf(IpAddress address) => address.IsV4 ? address.V4
        : address.Value == UInt128.Zero ? EbpfTables.Wildcard
        : _names.NameOf(address);
}
