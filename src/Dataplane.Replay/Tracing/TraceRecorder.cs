using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Explanation;
using Dataplane.Engines.Policies;
using Dataplane.Pipeline;
using Dataplane.Replay.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>
/// Writes down what the stages make of a packet: it compares each lane with what it was before the stage. Nothing is
/// decided here.
/// </summary>
public sealed unsafe class TraceRecorder(NetworkModel model, Topology topology, PolicyTeller? policies, WayTeller ways)
{
    private readonly List<TraceStep> _steps = [];
    private readonly List<TraceFrame> _wire = [];
    private readonly List<Lane> _before = [];
    private readonly StageTexts _texts = new(model, topology, ways);

    /// <summary>Whether anything is written down; packets that only prepare the ground pass unseen.</summary>
    public bool IsOn { get; private set; }

    public ImmutableArray<TraceStep> Steps => [.. _steps];

    public ImmutableArray<TraceFrame> Wire => [.. _wire];

    /// <summary>The rule that decided: the last one that matched and was no return.</summary>
    public string? Rule { get; private set; }

    /// <summary>What policies had against it; null where they let it pass.</summary>
    public PolicyExplanation? Denial { get; private set; }

    /// <summary>What of the user's own files refused its way; null where nothing did.</summary>
    public WayReason? Refusal { get; private set; }

    /// <summary>As it was sent; null before it was read.</summary>
    public TraceTuple? Sent { get; private set; }

    /// <summary>As it arrived; null where it did not.</summary>
    public TraceTuple? Delivered { get; private set; }

    /// <summary>The IP packet as it arrived; empty where it did not.</summary>
    public byte[] DeliveredPacket { get; private set; } = [];

    /// <summary>Where it was last.</summary>
    public string? LastNode { get; private set; }

    /// <summary>Begins a new packet.</summary>
    public void Start()
    {
        _steps.Clear();
        _wire.Clear();
        _before.Clear();
        Rule = null;
        Denial = null;
        Refusal = null;
        Sent = null;
        Delivered = null;
        DeliveredPacket = [];
        LastNode = null;
        IsOn = true;
    }

    public void Stop() => IsOn = false;

    internal void Looked(int node, IReadOnlyList<LookupStep> steps, in ServiceVerdict verdict)
    {
        string name = model.Nodes[node].Name;
        foreach (LookupStep step in steps)
        {
            _steps.Add(new TraceStep(name, null, VerdictText.Name(Stage.Select), step.Action, step.Detail)
            {
                Matched = step.IsMatch,
            });
        }

        bool isRefused = verdict.Outcome is ServiceOutcome.NoBackend or ServiceOutcome.Denied;
        if (isRefused) Rule = steps.LastOrDefault(step => step.IsMatch && step.Action is "rule" or "policy")?.Detail;
    }

    internal void Took(int node, ReadOnlySpan<byte> frame)
    {
        TraceFrame seen = OuterHeaders.Read(model, node, frame);
        _wire.Add(seen);
        _steps.Add(new TraceStep(
            seen.Node, "eth0", VerdictText.Name(Stage.Transmit), "send", StageTexts.Sent(seen, frame.Length)));
    }

    internal void After(Stage stage, PacketBurst burst, PipelineState state)
    {
        for (int index = 0; index < burst.Count; index++)
        {
            ref Lane lane = ref burst.Lanes[index];
            bool isNew = index == _before.Count;
            if (isNew) _before.Add(lane);
            Lane was = _before[index];
            _before[index] = lane;
            if (isNew && index >= burst.RecordCount) Add(in lane, stage, "answer", _texts.Answer(in lane));
            if (lane.Role == LaneRole.Answer && isNew) continue;

            Tell(stage, in was, ref lane, burst, state);
        }
    }

    private void Tell(Stage stage, in Lane was, ref Lane lane, PacketBurst burst, PipelineState state)
    {
        if (lane.Drop != DropReason.None && was.Drop == DropReason.None)
        {
            Stage at = lane.Role == LaneRole.Packet ? burst.Records[lane.Record].Stage : stage;
            LastNode = _texts.NodeOf(in lane) ?? LastNode;
            if (at == Stage.Police) Denial = policies?.Explain(in burst.Records[lane.Record], in lane);
            else Refusal = ways.RefusalOf(lane.Drop, at, in lane);
            string why = Denial?.Sentence ?? Refusal?.Text ?? DropReasonText.Sentence(lane.Drop);
            Add(in lane, at, "drop", $"{DropReasonText.Name(lane.Drop)}: {why}");
            return;
        }

        if (stage == Stage.Transmit)
        {
            TellArrival(in was, in lane);
            return;
        }

        if (lane.Status != LaneStatus.Live) return;
        if (stage == Stage.Police && lane.Is(Shape.NewConnection)) TellPassing(in lane);
        if (stage == Stage.Parse) Sent ??= _texts.TupleOf(in lane);
        foreach ((string action, string detail) in _texts.Changes(stage, was, lane, state))
            Add(in lane, stage, action, detail);
    }

    private void TellPassing(in Lane lane)
    {
        foreach (PolicyExplanation explanation in policies?.ExplainPassing(lane) ?? [])
        {
            string where = explanation.Source is { } source ? $" ({source})" : "";
            string sentence = explanation.IsAllowed
                ? explanation.Sentence + where
                : "let pass as this CNI enforces policies";
            Add(in lane, Stage.Police, "allow", $"{VerdictText.Name(explanation.Direction)}: {sentence}");
        }
    }

    private void TellArrival(in Lane was, in Lane lane)
    {
        if (was.Status != LaneStatus.Live || lane.Status != LaneStatus.Done) return;

        string? arrival = _texts.Arrival(in lane);
        if (arrival is null) return;

        Add(in lane, Stage.Transmit,
            lane.Exit is Exit.Outside or Exit.Tunnel or Exit.Direct ? "leave" : "deliver", arrival);
        if (lane.Role == LaneRole.Answer) return;

        LastNode = _texts.NodeOf(in lane);
        Delivered = _texts.TupleOf(in lane);
        DeliveredPacket = new ReadOnlySpan<byte>(
            lane.Network, Math.Min(lane.NetworkLength, lane.Length - lane.LinkSize)).ToArray();
    }

    private void Add(in Lane lane, Stage stage, string action, string detail) =>
        _steps.Add(new TraceStep(
            _texts.NodeOf(in lane), _texts.DeviceOf(in lane, stage), VerdictText.Name(stage), action, detail));
}
