using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// The look-up (<c>bpf/lib/lb.h</c>, <c>bpf/lib/nodeport.h</c>): one path for what every node
/// serves alike, one for the rest.
/// </summary>
public sealed unsafe partial class EbpfTables
{
    internal void Prefetch(in FlowKey key)
    {
        LbServiceKey frontend = FrontendOf(in key, key.Destination);
        _services.Prefetch(in frontend);
    }

    internal uint Foresee(in FlowKey key, in ServiceState state, ref Draw draw)
    {
        LbServiceKey frontend = FrontendOf(in key, key.Destination);
        if (!_services.TryGet(in frontend, out LbService service) || service.Count == 0 || !service.IsPlain) return 0;

        uint backend = Select(in key, in state, ref draw, in frontend, in service);
        if (Sse.IsSupported) Sse.Prefetch0(_backends.Start + backend);
        return backend;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ServiceVerdict Lookup(in ServiceQuery query, in ServiceState state, ref Draw draw)
    {
        ServiceVerdict verdict = default;
        ref readonly FlowKey key = ref query.Key;
        LbServiceKey frontend = FrontendOf(in key, key.Destination);
        if (!_services.TryGet(in frontend, out LbService service))
        {
            if (query.Destination.Kind != PlaceKind.Node || !TryNodePort(in query, ref frontend, out service))
                return verdict;
        }

        if (!service.IsPlain) return LookupOuter(in query, in state, ref draw, frontend, service);

        verdict.Service = service.ReverseNat;
        verdict.Outcome = ServiceOutcome.NoBackend;
        if (service.Count == 0) return verdict;

        SetAffinity(ref verdict, in service);
        SetBackend(ref verdict, in key, Select(in key, in state, ref draw, in frontend, in service));
        return verdict;
    }

    /// <summary>
    /// Entries that a first packet's look-up compares: the frontend's slots, a backend's slots (or
    /// Maglev's entry), the backend.
    /// </summary>
    public int CountProbes(in FlowKey key, ref Draw draw)
    {
        LbServiceKey frontend = FrontendOf(in key, key.Destination);
        int probes = _services.CountProbes(in frontend);
        if (!_services.TryGet(in frontend, out LbService service) || service.Count == 0) return probes;
        if (_maglev.Size != 0) return probes + 2;

        LbServiceKey slot = frontend.At((ushort)(draw.Next() % service.Count + 1));
        return probes + _services.CountProbes(in slot) + 1;
    }

    private static LbServiceKey FrontendOf(in FlowKey key, uint address) =>
        new(address, key.DestinationPort, key.Protocol, key.Family, slot: 0);

    private static void SetAffinity(ref ServiceVerdict verdict, in LbService service)
    {
        if ((service.Flags & LbServiceFlags.Affinity) != 0) verdict.AffinityTimeout = service.AffinitySeconds * Second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetBackend(ref ServiceVerdict verdict, in FlowKey key, uint id)
    {
        ref readonly LbBackend backend = ref _backends[id];
        verdict.Outcome = ServiceOutcome.Backend;
        verdict.Backend = id;
        verdict.BackendAddress = backend.Address;
        verdict.BackendPort = backend.Port;
        if (backend.Address == key.Source)
        {
            verdict.Masquerade = true;
            verdict.MasqueradeAddress = key.Family == 4 ? Loopback : 0;
            if (key.Family == 4) verdict.SourcePorts = SourcePorts.Kept;
        }
    }

    /// <summary>Cilium gives node ports to the addresses of the node's outer devices.</summary>
    private bool TryNodePort(in ServiceQuery query, ref LbServiceKey frontend, out LbService service)
    {
        service = default;
        bool isOuter = _topology is null
            || _topology.NodeAddresses[query.Destination.Index].Device == NodeDevice.Underlay;
        if (!isOuter) return false;

        frontend = FrontendOf(in query.Key, Wildcard);
        return _services.TryGet(in frontend, out service);
    }

    /// <summary>What has flags: addresses for the outside, traffic policies, source ranges.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ServiceVerdict LookupOuter(
        in ServiceQuery query, in ServiceState state, ref Draw draw, LbServiceKey frontend, LbService service)
    {
        ref readonly FlowKey key = ref query.Key;
        bool isFromOutside = query.Entry is Entry.Underlay or Entry.Tunnel;
        if (!isFromOutside && (service.Flags2 & LbServiceFlags2.TwoScopes) != 0)
        {
            LbServiceKey inside = frontend.Inside();
            if (_services.TryGet(in inside, out LbService internalService))
            {
                frontend = inside;
                service = internalService;
            }
        }

        var verdict = new ServiceVerdict { Service = service.ReverseNat, Outcome = ServiceOutcome.NoBackend };
        if (isFromOutside && (service.Flags & LbServiceFlags.SourceRange) != 0
            && !_sourceRanges.Hold(service.ReverseNat, in key))
        {
            return Denied(verdict, DropReason.SourceDenied);
        }

        if (service.Count == 0) return verdict;

        uint backend;
        if (service.IsLocal(frontend.Scope))
        {
            var local = new LbLocalKey(service.ReverseNat, key.Zone);
            if (!_local.TryGet(in local, out LbLocal run) || run.Count == 0)
                return Denied(verdict, DropReason.NoLocalBackend);
            backend = SelectLocal(in key, in state, ref draw, in service, in run);
        }
        else
        {
            backend = Select(in key, in state, ref draw, in frontend, in service);
        }

        SetAffinity(ref verdict, in service);
        SetBackend(ref verdict, in key, backend);
        bool isRoutable = (service.Flags & LbServiceFlags.Routable) != 0;
        bool isElsewhere = isFromOutside && isRoutable && _backendNodes[backend] != key.Zone;
        verdict.ReturnsDirectly = isElsewhere && query.Entry == Entry.Underlay && ReturnsDirectly(key.Protocol);
        verdict.Masquerade |= isElsewhere && !verdict.ReturnsDirectly;
        return verdict;
    }

    // bpf/lib/nodeport.h, nodeport_uses_dsr
    private bool ReturnsDirectly(byte protocol) =>
        _directReturn == LbDirectReturn.All || (_directReturn == LbDirectReturn.Tcp && protocol == IpProtocol.Tcp);

    private static ServiceVerdict Denied(ServiceVerdict verdict, DropReason reason)
    {
        verdict.Outcome = ServiceOutcome.Denied;
        verdict.Drop = reason;
        return verdict;
    }

    private uint Select(
        in FlowKey key, in ServiceState state, ref Draw draw, in LbServiceKey frontend, in LbService service)
    {
        bool hasAffinity = (service.Flags & LbServiceFlags.Affinity) != 0;
        if (hasAffinity && TryAffinity(in key, in state, in service, out uint remembered))
        {
            var match = new LbAffinityMatch(remembered, service.ReverseNat);
            if (_affinityMatches.Contains(in match)) return remembered;
        }

        if (_maglev.Size != 0)
            return _maglev.Choose(_maglev.Starts[service.ReverseNat], MaglevHash(in key, hasAffinity));

        LbServiceKey entry = frontend.At((ushort)(draw.Next() % service.Count + 1));
        _services.TryGet(in entry, out LbService chosen);
        return chosen.BackendId;
    }

    private uint SelectLocal(in FlowKey key, in ServiceState state, ref Draw draw, in LbService service, in LbLocal run)
    {
        bool hasAffinity = (service.Flags & LbServiceFlags.Affinity) != 0;
        if (hasAffinity && TryAffinity(in key, in state, in service, out uint remembered))
        {
            var members = new ReadOnlySpan<uint>(_localBackends.Start + run.First, run.Count);
            if (members.Contains(remembered)) return remembered;
        }

        return _maglev.Size != 0
            ? _maglev.Choose(run.MaglevStart, MaglevHash(in key, hasAffinity))
            : _localBackends[run.First + draw.Next() % run.Count];
    }

    private static bool TryAffinity(in FlowKey key, in ServiceState state, in LbService service, out uint backend) =>
        state.Affinity.TryGet(in key, service.ReverseNat, state.Now, service.AffinitySeconds * Second, out backend);

    /// <summary>The words are hashed as they lie on the wire; affinity leaves out the source port.</summary>
    private uint MaglevHash(in FlowKey key, bool hasAffinity)
    {
        uint destinationPort = BinaryPrimitives.ReverseEndianness(key.DestinationPort);
        uint sourcePort = hasAffinity ? 0u : BinaryPrimitives.ReverseEndianness(key.SourcePort);
        uint ports = destinationPort << 16 | sourcePort;
        return key.Family == 4
            ? JenkinsHash.Hash(BinaryPrimitives.ReverseEndianness(key.Source), ports, key.Protocol, Maglev.V4Seed)
            : HashV6(key.Source, ports, key.Protocol);
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
