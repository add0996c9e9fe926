using Dataplane.Capture;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>
/// Writes the frames of the observation points that were asked for. pcap takes them as they pass; pcapng waits for the
/// burst's end, because comments tell verdicts.
/// </summary>
public sealed unsafe class FrameCollector : IDisposable
{
    private const int None = -1;
    private const int FirstStaging = 1 << 20;

    private readonly CaptureWriter? _writer;
    private readonly NetworkModel _model;
    private readonly Observation _observation;
    private readonly DropLog? _drops;
    private readonly bool _commentAll;
    private readonly bool _verdictOption;
    private readonly bool _direct;
    private readonly int[] _wire;
    private readonly int[] _tunnel;
    private readonly int[] _unlisted;
    private readonly int[] _pods;
    private readonly PacketComment _comment;
    private int _dropInterface = None;
    private Staged[] _staged = new Staged[1024];
    private int _stagedCount;
    private NativeArray<byte> _bytes = new(FirstStaging);
    private long _used;

    public FrameCollector(Emulation emulation, Observation observation, CaptureWriter? writer, DropLog? drops,
        PolicyTeller? policies, ReplayOptions options)
    {
        NetworkModel model = emulation.Model;
        _model = model;
        _observation = observation;
        _writer = writer;
        _drops = drops;
        _commentAll = options.CommentAll;
        _verdictOption = options.EpbVerdict;
        _direct = writer is PcapWriter;
        _comment = new PacketComment(model, policies, emulation.Ways);
        _wire = Missing(model.Nodes.Length);
        _tunnel = Missing(model.Nodes.Length);
        _unlisted = Missing(model.Nodes.Length);
        _pods = Missing((int)emulation.Topology.Endpoints.Length);
        writer?.AddNames(NamesOf(model));
    }

    /// <summary>Frames handed to the writer.</summary>
    public long FramesWritten { get; private set; }

    public bool Observes(ObservationPoint point) => _writer is not null && _observation.Includes(point);

    public void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
    {
        if (point == ObservationPoint.Pod && !_observation.IncludesPod(place)) return;

        int number = InterfaceOf(point, place);
        if (_direct)
        {
            PacketMetadata metadata = default;
            _writer!.Write((uint)lane.Record, number, lane.Timestamp,
                new ReadOnlySpan<byte>(frame, length), length + lane.Missing, in metadata);
            FramesWritten++;
            return;
        }

        Stage(in lane, number, frame, length);
    }

    public void EndBurst(PacketBurst burst)
    {
        if (_writer is not null && _observation.Includes(ObservationPoint.Drop)) TakeDrops(burst);
        for (int index = 0; index < _stagedCount; index++) WriteStaged(burst, in _staged[index]);
        _stagedCount = 0;
        _used = 0;
        _writer?.Commit();
        if (_drops is null) return;

        for (int record = 0; record < burst.RecordCount; record++)
        {
            if (burst.Records[record].Verdict == Verdict.Dropped) _drops.Add(burst, record);
        }
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _drops?.Dispose();
        _writer?.Dispose();
    }

    private static int[] Missing(int count)
    {
        int[] numbers = new int[count];
        Array.Fill(numbers, None);
        return numbers;
    }

    private static IEnumerable<(IpAddress Address, string Name)> NamesOf(NetworkModel model)
    {
        foreach (PodNetwork pod in model.Pods)
        {
            foreach (IpAddress address in pod.Pod.Addresses)
                yield return (address, $"{pod.Pod.Name}.{pod.Pod.Namespace}.pod");
        }

        foreach (Cluster.Model.Service service in model.Snapshot.Services)
        {
            foreach (IpAddress address in service.ClusterIps)
                yield return (address, $"{service.Name}.{service.Namespace}.svc");
        }

        foreach (NodeNetwork node in model.Nodes)
        {
            if (!node.UnderlayV4.IsNone) yield return (node.UnderlayV4, node.Name);
        }
    }

    // What was dropped lies where the drop left it.
    private void TakeDrops(PacketBurst burst)
    {
        for (int index = 0; index < burst.Count; index++)
        {
            ref Lane lane = ref burst.Lanes[index];
            if (lane.Drop == DropReason.None || lane.Role != LaneRole.Packet || lane.Frame == null) continue;

            Link.EnsureEthernet(ref lane);
            Take(in lane, ObservationPoint.Drop, lane.Node, lane.Frame, lane.Length);
        }
    }

    private void Stage(in Lane lane, int number, byte* frame, int length)
    {
        while (_used + length > _bytes.Length) _bytes.Resize(2 * _bytes.Length);
        if (_stagedCount == _staged.Length) Array.Resize(ref _staged, 2 * _staged.Length);

        Buffer.MemoryCopy(frame, _bytes.Start + _used, _bytes.Length - _used, length);
        _staged[_stagedCount++] = new Staged
        {
            Offset = _used,
            Length = length,
            Timestamp = lane.Timestamp,
            Missing = lane.Missing,
            Record = lane.Record,
            Interface = number,
            IsAnswer = lane.Role == LaneRole.Answer,
        };
        _used += length;
    }

    private void WriteStaged(PacketBurst burst, in Staged staged)
    {
        ref RecordState record = ref burst.Records[staged.Record];
        bool isPlain = record.Verdict == Verdict.Forwarded && !_commentAll;
        if (!isPlain) _comment.Write(in record, in burst.Lanes[staged.Record], staged.IsAnswer);
        var metadata = new PacketMetadata
        {
            PacketId = (ulong)(burst.FirstRecord + staged.Record + 1),
            Comment = isPlain ? default : _comment.Fields,
            SecondComment = isPlain ? default : _comment.Sentence,
            Verdict = !_verdictOption ? PacketVerdict.None : record.Verdict == Verdict.Dropped ? PacketVerdict.Drop
                : PacketVerdict.Pass,
        };
        var frame = new ReadOnlySpan<byte>(_bytes.Start + staged.Offset, staged.Length);
        _writer!.Write((uint)staged.Record, staged.Interface,
            staged.Timestamp, frame, staged.Length + staged.Missing, in metadata);
        FramesWritten++;
    }

    private int InterfaceOf(ObservationPoint point, int place)
    {
        ref int number = ref NumberOf(point, place);
        if (number == None) number = AddInterface(point, place);
        return number;
    }

    private ref int NumberOf(ObservationPoint point, int place)
    {
        switch (point)
        {
            case ObservationPoint.Wire:
                return ref _wire[place];
            case ObservationPoint.Tunnel:
                return ref _tunnel[place];
            case ObservationPoint.Drop:
                return ref _dropInterface;
            default:
                return ref place >= 0 ? ref _pods[place] : ref _unlisted[-1 - place];
        }
    }

    private int AddInterface(ObservationPoint point, int place)
    {
        (string name, MacAddress mac) = point switch
        {
            ObservationPoint.Wire => ($"{_model.Nodes[place].Name}/eth0", _model.Nodes[place].UnderlayMac),
            ObservationPoint.Tunnel =>
                ($"{_model.Nodes[place].Name}/{_model.Tunnel!.Device}", _model.Nodes[place].TunnelMac),
            ObservationPoint.Drop => ("drops", default),
            _ when place < 0 => ($"pod:{_model.Nodes[-1 - place].Name}/unlisted", default),
            _ => _observation.PodOf(place) is { } pod
                ? ($"pod:{pod.Pod}", pod.Mac)
                : ("pod:unlisted", default(MacAddress)),
        };
        bool isBare = point == ObservationPoint.Tunnel && _model.Tunnel!.Kind == TunnelKind.IpInIp;
        return _writer!.AddInterface(name, isBare ? LinkType.Raw : LinkType.Ethernet, mac: mac);
    }

    private struct Staged
    {
        public long Offset;
        public long Timestamp;
        public int Length;
        public int Missing;
        public int Record;
        public int Interface;
        public bool IsAnswer;
    }
}
