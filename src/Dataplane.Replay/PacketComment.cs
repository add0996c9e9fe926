using System.Globalization;
using System.Text;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies;

namespace Dataplane.Replay;

/// <summary>
/// The two comments of a packet that was not simply forwarded: fields for programs, a sentence for people.
/// </summary>
internal sealed class PacketComment(NetworkModel model, PolicyTeller? policies, WayTeller ways)
{
    private readonly Dictionary<(Verdict, DropReason, Stage, ushort, bool), (byte[] Fields, byte[] Sentence)> _known =
        [];
    private (byte[] Fields, byte[] Sentence) _current = ([], []);

    public ReadOnlySpan<byte> Fields => _current.Fields;

    public ReadOnlySpan<byte> Sentence => _current.Sentence;

    /// <summary>Sets both for a record; the texts of a kind are made once.</summary>
    /// <param name="record">The record.</param>
    /// <param name="lane">Its packet, as it ended.</param>
    /// <param name="isAnswer">The frame is a node's answer to it.</param>
    public void Write(in RecordState record, in Lane lane, bool isAnswer)
    {
        if (record.Stage == Stage.Police && record.Verdict == Verdict.Dropped)
        {
            WriteDenial(in record, policies!.Explain(in record, in lane));
            return;
        }

        if (record.Verdict == Verdict.Dropped && !isAnswer
            && ways.RefusalOf(record.Drop, record.Stage, in lane) is { } refusal)
        {
            WriteRefusal(in record, refusal);
            return;
        }

        var key = (record.Verdict, record.Drop, record.Stage, record.Node, isAnswer);
        if (_known.TryGetValue(key, out _current)) return;

        string node = NodeName(model, record.Node);
        string fields = record.Verdict == Verdict.Dropped
            ? $"verdict=dropped reason={DropReasonText.Name(record.Drop)} "
                + $"stage={VerdictText.Name(record.Stage)} node={node}"
            : $"verdict={VerdictText.Name(record.Verdict)} node={node}";
        string sentence = record.Verdict switch
        {
            Verdict.Dropped when isAnswer =>
                $"{node} answers for a packet that it dropped: {DropReasonText.Sentence(record.Drop)}",
            Verdict.Dropped => $"dropped at {node}: {DropReasonText.Sentence(record.Drop)}",
            Verdict.Answered => $"answered by {node}",
            _ => $"forwarded by {node}",
        };
        _current = (Encoding.UTF8.GetBytes(fields), Encoding.UTF8.GetBytes(sentence));
        _known[key] = _current;
    }

    private void WriteRefusal(in RecordState record, WayReason refusal)
    {
        string fields = $"verdict=dropped reason={DropReasonText.Name(record.Drop)} "
            + $"stage={VerdictText.Name(record.Stage)} node={NodeName(model, record.Node)} src={refusal.Source}";
        _current = (Encoding.UTF8.GetBytes(fields),
            Encoding.UTF8.GetBytes($"dropped at {NodeName(model, record.Node)}: {refusal.Text}"));
    }

    private void WriteDenial(in RecordState record, PolicyExplanation explanation)
    {
        string rule = explanation.Rule < 0 ? "-" : explanation.Rule.ToString(CultureInfo.InvariantCulture);
        string fields = $"verdict=dropped reason={DropReasonText.Name(record.Drop)} "
            + $"stage={VerdictText.Name(record.Stage)} node={NodeName(model, record.Node)} "
            + $"direction={VerdictText.Name(record.Direction)} policy={explanation.Policy} rule={rule} "
            + $"src={explanation.Source}";
        _current = (Encoding.UTF8.GetBytes(fields),
            Encoding.UTF8.GetBytes($"dropped at {NodeName(model, record.Node)}: {explanation.Sentence}"));
    }

    internal static string NodeName(NetworkModel model, int node) =>
        node < model.Nodes.Length ? model.Nodes[node].Name : "-";
}
