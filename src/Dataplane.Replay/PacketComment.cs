using System.Text;
using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>The two comments of a packet that was not simply forwarded: fields for programs, a sentence for people.</summary>
internal sealed class PacketComment(NetworkModel model)
{
    private readonly Dictionary<(Verdict, DropReason, Stage, ushort, bool), (byte[] Fields, byte[] Sentence)> _known = [];
    private (byte[] Fields, byte[] Sentence) _current = ([], []);

    public ReadOnlySpan<byte> Fields => _current.Fields;

    public ReadOnlySpan<byte> Sentence => _current.Sentence;

    /// <summary>Sets both for a record; the texts of a kind are made once.</summary>
    public void Write(in RecordState record, bool isAnswer)
    {
        var key = (record.Verdict, record.Drop, record.Stage, record.Node, isAnswer);
        if (_known.TryGetValue(key, out _current)) return;

        string node = NodeName(model, record.Node);
        string fields = record.Verdict == Verdict.Dropped
            ? $"verdict=dropped reason={DropReasonText.Name(record.Drop)} stage={VerdictText.Name(record.Stage)} node={node}"
            : $"verdict={VerdictText.Name(record.Verdict)} node={node}";
        string sentence = record.Verdict switch
        {
            Verdict.Dropped when isAnswer => $"{node} answers for a packet that it dropped: {DropReasonText.Sentence(record.Drop)}",
            Verdict.Dropped => $"dropped at {node}: {DropReasonText.Sentence(record.Drop)}",
            Verdict.Answered => $"answered by {node}",
            _ => $"forwarded by {node}",
        };
        _current = (Encoding.UTF8.GetBytes(fields), Encoding.UTF8.GetBytes(sentence));
        _known[key] = _current;
    }

    internal static string NodeName(NetworkModel model, int node) => node < model.Nodes.Length ? model.Nodes[node].Name : "-";
}
