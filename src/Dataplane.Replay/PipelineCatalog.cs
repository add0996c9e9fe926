using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Engines.Explanation;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Policies.Acls;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Engines.Policies.Outside;
using Dataplane.Engines.Policies.Projects;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Policies;
using Dataplane.Replay.Proxies;
using Dataplane.Replay.StageTiming;
using Dataplane.Replay.Tracing;
using Dataplane.Replay.Workers;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>A pipeline whose engine and sink are settled.</summary>
public interface IPipeline
{
    /// <summary>Takes records from the front of the span; gives how many. One burst a call.</summary>
    int Process(ReadOnlySpan<CaptureRecord> records);

    /// <summary>Ends what waits for packets that no longer come.</summary>
    void Finish();
}

/// <summary>
/// The one place that lists proxies and enforcers of policies, and closes the stages' type parameters.
/// </summary>
public static class PipelineCatalog
{
    private static readonly Dictionary<string, Func<ProxyRequest, IProxy>> Known = new()
    {
        [EbpfEngine.Name] = request => new EbpfProxy(request),
        [IptablesEngine.Name] = request => new IptablesProxy(request),
        [IpvsEngine.Name] = request => new IpvsProxy(request),
    };

    /// <summary>What <c>--proxy</c> takes.</summary>
    public static IReadOnlyList<string> Proxies { get; } = [.. Known.Keys];

    /// <exception cref="InvalidDataException">No proxy has this name, or its tables cannot be made.</exception>
    public static IProxy Compile(string name, ProxyRequest request) => Known[name](request);

    /// <summary>The policies, in the tables of whoever enforces them.</summary>
    public static EnforcedPolicies Compile(
        PolicyEnforcer enforcer, PolicyModel model, NetworkModel network, Topology topology)
    {
        switch (enforcer)
        {
            case PolicyEnforcer.Cilium:
                var identities = IdentityPolicyTables.Compile(model, network, topology);
                return Close(model, network, topology, new IdentityPolicyEngine(identities), identities);
            case PolicyEnforcer.OvnKubernetes:
                var acls = AclPolicyTables.Compile(model, network, topology);
                return Close(model, network, topology, new AclPolicyEngine(acls), acls);
            case PolicyEnforcer.Calico:
                var chains = ChainPolicyTables.Compile(model, network, topology);
                return Close(model, network, topology, new ChainPolicyEngine(chains), chains);
            case PolicyEnforcer.Projects:
                return Close(model, network, topology, new ProjectPolicyEngine(topology), null);
            default:
                throw new ArgumentOutOfRangeException(nameof(enforcer));
        }
    }

    public static IPipeline Create(Emulation emulation, FrameCollector? collector) => collector is null
        ? Create(emulation, default(NullSink))
        : Create(emulation, new CollectorSink(collector));

    internal static IPipeline Create(Emulation emulation, WireCount count) =>
        Create(emulation, new WireCountSink(count));

    /// <summary>With links where the settings have them.</summary>
    internal static IPipeline Create<TSink>(Emulation emulation, TSink sink)
        where TSink : struct, IFrameSink => emulation.State.Links is null
            ? emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, sink)
            : new LinkedPipeline(
                emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, new LinkedSink<TSink>(sink)));

    internal static IPipeline Close<TEngine, TSink>(TEngine engine, TSink sink, PipelineState state, PacketBurst burst)
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink => new Closed<TEngine, TSink>(engine, sink, state, burst);

    internal static IPipeline CloseTraced<TEngine>(
        TEngine engine, PipelineState state, PacketBurst burst, TraceRecorder recorder)
        where TEngine : struct, IExplainingEngine => new TracedPipeline<TEngine>(engine, state, burst, recorder);

    internal static ILookupLoop CloseLookups<TEngine>(TEngine engine, LookupContext context)
        where TEngine : struct, IServiceEngine => new LookupLoop<TEngine>(engine, context);

    // Rules for what leaves the cluster stand behind whatever else is enforced.
    private static EnforcedPolicies Close<TPolicy>(
        PolicyModel model, NetworkModel network, Topology topology, TPolicy engine, IDisposable? tables)
        where TPolicy : struct, IPolicyEngine
    {
        if (network.EgressRules.IsEmpty)
            return new EnforcedPolicies(model, TPolicy.Name, new Police<TPolicy>(engine), tables);

        var outside = new OutsidePolicyEngine<TPolicy>(engine, OutsideTables.Compile(model, network, topology));
        return new EnforcedPolicies(model, TPolicy.Name, new Police<OutsidePolicyEngine<TPolicy>>(outside), tables);
    }

    private sealed class Closed<TEngine, TSink>(TEngine engine, TSink sink, PipelineState state, PacketBurst burst)
        : IPipeline, ITimeable, IBurstPipeline
        where TEngine : struct, IServiceEngine
        where TSink : struct, IFrameSink
    {
        private readonly TEngine _engine = engine;
        private TSink _sink = sink;

        public int Process(ReadOnlySpan<CaptureRecord> records)
        {
            int taken = PacketPipeline.Process(burst, records, state, in _engine, ref _sink);
            burst.FirstRecord += taken;
            return taken;
        }

        public int Take(PacketBurst own, ReadOnlySpan<CaptureRecord> records) =>
            PacketPipeline.Take(own, records, state);

        public bool Decide(PacketBurst own)
        {
            ParseStage.Name(own, state);
            PacketPipeline.GoAhead<TEngine, NoWatch>(own, state);
            bool isDecided = own.IsSteady && !state.Topology.ManyNodes && !_sink.Observes(ObservationPoint.Tunnel);
            if (isDecided) EncapStage.Number(own, state);
            return isDecided;
        }

        public void Complete(PacketBurst own)
        {
            var watch = default(NoWatch);
            PacketPipeline.GoOn(own, state, in _engine, ref _sink, ref watch);
        }

        public void Write(PacketBurst own) => EncapStage.Run(own, state, ref _sink);

        public void Transmit(PacketBurst own) => TransmitStage.Run(own, state, ref _sink);

        public void Emit(PacketBurst own) => PacketPipeline.Emit(own, state, ref _sink);

        public void Finish() => state.Reassembly.Finish(state.Counters);

        public IPipeline With(StageTimes times) =>
            new TimedPipeline<TEngine, TSink>(_engine, _sink, state, burst, times);
    }
}
