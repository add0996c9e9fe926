using System.Text.Json;
using Dataplane.Capture;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>One JSON line for each dropped packet (<c>--drops</c>).</summary>
public sealed unsafe class DropLog : IDisposable
{
    private const string Option = "--drops";
    private const int FlushAbove = 1 << 16;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly JsonEncodedText[] Stages =
        [.. Enum.GetValues<Stage>().Select(stage => JsonEncodedText.Encode(VerdictText.Name(stage)))];

    private readonly Stream _stream;
    private readonly NetworkModel _model;
    private readonly AddressNames _names;
    private readonly PolicyTeller? _policies;
    private readonly WayTeller _ways;
    private readonly MemoryStream _buffer = new(2 * FlushAbove);
    private readonly Utf8JsonWriter _json;

    internal DropLog(string path, Emulation emulation, PolicyTeller? policies)
    {
        _stream = path == CaptureFile.StandardStream
            ? Console.OpenStandardOutput()
            : OutputFile.Create(Option, path, bufferSize: 0);
        _model = emulation.Model;
        _names = emulation.Topology.Names;
        _policies = policies;
        _ways = emulation.Ways;
        _json = new Utf8JsonWriter(_buffer);
    }

    public void Add(PacketBurst burst, int record)
    {
        ref RecordState state = ref burst.Records[record];
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber("packet"u8, burst.FirstRecord + record + 1);
        _json.WriteNumber("time"u8, (decimal)state.Timestamp / NanosecondsPerSecond);
        _json.WriteString("reason"u8, DropReasonText.Name(state.Drop));
        _json.WriteString("stage"u8, Stages[(int)state.Stage]);
        _json.WriteString("node"u8, PacketComment.NodeName(_model, state.Node));
        _json.WriteNumber("bytes"u8, state.OriginalLength);
        _json.WriteBoolean("answered"u8, (state.Flags & RecordFlags.Answered) != 0);
        WriteTuple(burst, record);
        if (state.Stage == Stage.Police) WriteDenial(in state, _policies!.Explain(in state, in burst.Lanes[record]));
        else WriteReason(in state, in burst.Lanes[record]);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.WriteByte((byte)'\n');
        if (_buffer.Length > FlushAbove) Write();
    }

    public void Dispose()
    {
        Write();
        _json.Dispose();
        _stream.Dispose();
    }

    private void WriteReason(in RecordState state, in Lane lane)
    {
        WayReason? refusal = _ways.RefusalOf(state.Drop, state.Stage, in lane);
        if (refusal is not null) _json.WriteString("source"u8, refusal.Source.ToString());
        _json.WriteString("sentence"u8, refusal?.Text ?? DropReasonText.Sentence(state.Drop));
    }

    private void WriteDenial(in RecordState state, PolicyExplanation explanation)
    {
        _json.WriteString("pod"u8, _policies!.NameOf(state.Judged));
        _json.WriteString("direction"u8, VerdictText.Name(state.Direction));
        _json.WriteString("policy"u8, explanation.Policy);
        if (explanation.Rule >= 0) _json.WriteNumber("rule"u8, explanation.Rule);
        else _json.WriteNull("rule"u8);
        _json.WriteString("source"u8, explanation.Source?.ToString());
        _json.WriteString("sentence"u8, explanation.Sentence);
    }

    private void WriteTuple(PacketBurst burst, int record)
    {
        ref Lane lane = ref burst.Lanes[record];
        if (lane.Key.Family == 0) return;

        WriteAddress("src"u8, lane.Key.Source, lane.Key.Family);
        WriteAddress("dst"u8, lane.Key.Destination, lane.Key.Family);
        _json.WriteNumber("protocol"u8, lane.Key.Protocol);
        if (lane.Key.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp)) return;

        _json.WriteNumber("srcPort"u8, lane.Key.SourcePort);
        _json.WriteNumber("dstPort"u8, lane.Key.DestinationPort);
    }

    private void WriteAddress(ReadOnlySpan<byte> property, uint name, byte family)
    {
        Span<byte> text = stackalloc byte[IpText.MaxSize];
        IpAddress address = family == 6 ? _names.AddressOf(name) : IpAddress.FromV4(name);
        _json.WriteString(property, text[..address.WriteTextTo(text)]);
    }

    private void Write()
    {
        _stream.Write(_buffer.GetBuffer(), 0, (int)_buffer.Length);
        _buffer.SetLength(0);
    }
}
