using System.Collections.Immutable;
using Dataplane.Capture;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Replay.Skew;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Sends captures through a cluster with one set of policies, and keeps which records those dropped.</summary>
internal sealed unsafe class FlowReplay
{
    private const int BatchSize = 256;

    private readonly Dictionary<(int Endpoint, PolicyDirection Direction, int Rule), PolicyOutcome> _causes = [];
    private readonly Dictionary<long, PolicyDrop> _drops = [];

    private FlowReplay(ImmutableArray<CaptureClock> clocks) => Clocks = clocks;

    /// <summary>By number of the record, from 0. Empty where nobody enforces the policies, or there are none.</summary>
    public IReadOnlyDictionary<long, PolicyDrop> Drops => _drops;

    /// <summary>Of several captures.</summary>
    public ImmutableArray<CaptureClock> Clocks { get; }

    /// <summary>Of the captures.</summary>
    public ImmutableArray<string> Damage { get; private set; } = [];

    /// <param name="snapshot">The manifests.</param>
    /// <param name="options">Captures, CNI and settings.</param>
    /// <param name="clocks">As they are known; null: compared here.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static FlowReplay Run(
        ClusterSnapshot snapshot, ReplayOptions options, ImmutableArray<CaptureClock>? clocks,
        CancellationToken cancellation)
    {
        using Emulation emulation = Emulation.Compile(snapshot, options);
        var replay = new FlowReplay(clocks ?? CaptureClocks.Find(options, emulation.Topology, cancellation));
        replay.Read(emulation, options, cancellation);
        return replay;
    }

    private void Read(Emulation emulation, ReplayOptions options, CancellationToken cancellation)
    {
        if (PolicyTeller.Of(emulation) is not { } teller) return;

        PolicyDropSink sink = new((burst, record) => Keep(emulation, teller, burst, record));
        IPipeline pipeline = emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, sink);
        using CaptureReader reader = ReplayRunner.OpenAll(options, cancellation, Clocks);
        CapturePoints? points = CapturePoints.Of(reader, emulation.State);
        CaptureRecord[] batch = new CaptureRecord[BatchSize];
        while (reader.Read(batch) is > 0 and int count)
        {
            cancellation.ThrowIfCancellationRequested();
            points?.Look();
            for (int done = 0; done < count;) done += pipeline.Process(batch.AsSpan(done, count - done));
        }

        pipeline.Finish();
        if (reader.Damage is { } damage) Damage = [damage.ToString()];
    }

    private void Keep(Emulation emulation, PolicyTeller teller, PacketBurst burst, int record)
    {
        ref Lane lane = ref burst.Lanes[record];
        FlowKey key = lane.Key;
        bool hasPorts = key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        AddressNames names = emulation.Topology.Names;
        _drops[burst.FirstRecord + record] = new PolicyDrop(
            AddressOf(key.Source, key.Family, names),
            key.SourcePort,
            AddressOf(key.Destination, key.Family, names),
            new ReachPort(key.Protocol, hasPorts ? key.DestinationPort : (ushort)0),
            CauseOf(emulation, teller, in burst.Records[record], in lane));
    }

    private static IpAddress AddressOf(uint name, byte family, AddressNames names) =>
        family == 6 ? names.AddressOf(name) : IpAddress.FromV4(name);

    private PolicyOutcome CauseOf(Emulation emulation, PolicyTeller teller, in RecordState state, in Lane lane)
    {
        (int Endpoint, PolicyDirection Direction, int Rule) key = (state.Judged, state.Direction, state.Rule);
        if (_causes.TryGetValue(key, out PolicyOutcome? known)) return known;

        PolicyModel model = emulation.Policies!.Model;
        CompiledPolicy? isolating = state.Rule == PolicyVerdict.DefaultDeny
            ? teller.SelectingAt(state.Judged, state.Direction).FirstOrDefault()
            : null;
        if (state.Rule < 0 && isolating is null) return ByItself(teller.Explain(in state, in lane), state.Drop);

        int policy = isolating is null ? model.Rules[state.Rule].Policy : model.Policies.IndexOf(isolating);
        ReachReason reason = isolating is null ? ReachReason.DeniedByRule : ReachReason.DefaultDeny;
        var verdict = new ReachVerdict(reason, state.Direction, policy, isolating is null ? state.Rule : -1);
        return _causes[key] = PolicyOutcome.Of(model, verdict);
    }

    // Neither a rule nor an isolation: networks that are kept apart, a tunnel from a pod. Drops name what it is.
    private static PolicyOutcome ByItself(PolicyExplanation explanation, DropReason reason) =>
        new(false, DropReasonText.Name(reason), explanation.Policy, null, explanation.Source, explanation.Sentence);
}
