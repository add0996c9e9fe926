using System.Collections.Immutable;
using Dataplane.Capture;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>Sends captures through a cluster with one set of policies, and keeps which records those dropped.</summary>
internal sealed unsafe class FlowReplay
{
    private const int BatchSize = 256;

    private readonly Emulation _emulation;
    private readonly PolicyModel _model;
    private readonly Dictionary<Pod, int> _pods = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<IpAddress, string> _names = [];
    private readonly Dictionary<(int Endpoint, PolicyDirection Direction, int Rule), PolicyOutcome> _causes = [];
    private readonly Dictionary<long, PolicyDrop> _drops = [];

    private FlowReplay(Emulation emulation, PolicyModel model)
    {
        _emulation = emulation;
        _model = model;
        for (int position = 0; position < model.Snapshot.Pods.Length; position++)
        {
            Pod pod = model.Snapshot.Pods[position];
            _pods[pod] = position;
            if (pod.HostNetwork || pod.IsTerminated) continue;
            foreach (IpAddress address in pod.Addresses) _names.TryAdd(address, pod.ToString());
        }
    }

    /// <summary>By number of the record, from 0. Empty where nobody enforces the policies, or there are none.</summary>
    public static IReadOnlyDictionary<long, PolicyDrop> Run(ClusterSnapshot snapshot, ReplayOptions options, CancellationToken cancellation)
    {
        using Emulation emulation = Emulation.Compile(snapshot, options);
        if (emulation.Policies is not { } policies) return ImmutableDictionary<long, PolicyDrop>.Empty;

        var replay = new FlowReplay(emulation, policies.Model);
        replay.Read(options, cancellation);
        return replay._drops;
    }

    private void Read(ReplayOptions options, CancellationToken cancellation)
    {
        IPipeline pipeline = _emulation.Proxy.CreatePipeline(_emulation.State, _emulation.Burst, new PolicyDropSink(Keep));
        using CaptureReader reader = ReplayRunner.OpenAll(options, cancellation);
        CaptureRecord[] batch = new CaptureRecord[BatchSize];
        while (reader.Read(batch) is > 0 and int count)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int done = 0; done < count;) done += pipeline.Process(batch.AsSpan(done, count - done));
        }

        pipeline.Finish();
    }

    private void Keep(PacketBurst burst, int record)
    {
        ref RecordState state = ref burst.Records[record];
        FlowKey key = burst.Lanes[record].Key;
        bool hasPorts = key.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        _drops[burst.FirstRecord + record] = new PolicyDrop(
            NameOf(key.Source, key.Family),
            key.SourcePort,
            NameOf(key.Destination, key.Family),
            new ReachPort(key.Protocol, hasPorts ? key.DestinationPort : (ushort)0),
            CauseOf(state.Judged, state.Direction, state.Rule));
    }

    private string NameOf(uint name, byte family)
    {
        IpAddress address = family == 6 ? _emulation.Topology.Names.AddressOf(name) : IpAddress.FromV4(name);
        return _names.GetValueOrDefault(address) ?? address.ToString();
    }

    private PolicyOutcome CauseOf(int endpoint, PolicyDirection direction, int rule)
    {
        if (_causes.TryGetValue((endpoint, direction, rule), out PolicyOutcome? known)) return known;

        int policy = rule >= 0 ? _model.Rules[rule].Policy : IsolatingPolicyOf(endpoint, direction);
        ReachReason reason = rule >= 0 ? ReachReason.DeniedByRule : ReachReason.DefaultDeny;
        var verdict = new ReachVerdict(reason, direction, policy, Math.Max(rule, -1));
        return _causes[(endpoint, direction, rule)] = PolicyOutcome.Of(_model, verdict);
    }

    private int IsolatingPolicyOf(int endpoint, PolicyDirection direction)
    {
        Pod pod = _emulation.Model.Pods[_emulation.Topology.Endpoints[endpoint].Pod].Pod;
        PolicyIdentity identity = _model.Identities[_model.IdentityOfPod[_pods[pod]]];
        return identity.PoliciesFor(direction).FirstOrDefault(policy => _model.Policies[policy].Tier == PolicyTier.Namespaced, -1);
    }
}
