using System.Globalization;
using System.Text.Json;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>One JSON document, its list written while the captures are read, the sums behind it.</summary>
public sealed class DiffJson(TextWriter output, string listName) : IDiffOutput
{
    private readonly TextWriter _output = output;
    private readonly string _listName = listName;
    private bool _begun;

    public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences)
    {
        foreach (FieldDifference difference in differences)
            Element(JsonSerializer.Serialize(difference, LineJson.Readable.FieldDifference));
    }

    /// <summary>Their numbers stand behind the list.</summary>
    public void OnlyOurs(DissectedFrame frame)
    {
    }

    public void OnlyReference(DissectedFrame frame)
    {
    }

    public void Read(long frames)
    {
    }

    public void Fault(FrameFault fault) => Element(JsonSerializer.Serialize(fault, LineJson.Readable.FrameFault));

    public void End(DiffSummary summary)
    {
        EndList();
        Number("compared", summary.Compared);
        Number("equal", summary.Equal);
        Value("fields", JsonSerializer.Serialize(summary.Fields, LineJson.Readable.ImmutableArrayFieldCount));
        Value("onlyOurs", JsonSerializer.Serialize(summary.OnlyOurs, LineJson.Readable.ImmutableArrayInt64));
        Value("onlyReference", JsonSerializer.Serialize(summary.OnlyReference, LineJson.Readable.ImmutableArrayInt64));
        Value("ignored", JsonSerializer.Serialize(summary.Ignored, LineJson.Readable.ImmutableArrayIgnoredField));
        Value("damage", JsonSerializer.Serialize(summary.Damage, LineJson.Readable.ImmutableArrayString), last: true);
    }

    public void End(DissectSummary summary)
    {
        EndList();
        Number("frames", summary.Frames);
        Number("good", summary.Good);
        Number("inputFaults", summary.InputFaults);
        Number("aboveTransport", summary.AboveTransport);
        Number("tunnelled", summary.Tunnelled);
        Number("cut", summary.Cut);
        Value("damage", JsonSerializer.Serialize(summary.Damage, LineJson.Readable.ImmutableArrayString), last: true);
    }

    private void Element(string json)
    {
        BeginList(out bool first);
        _output.Write(first ? "\n    " : ",\n    ");
        _output.Write(json);
    }

    private void BeginList(out bool first)
    {
        first = !_begun;
        if (_begun) return;

        _begun = true;
        _output.Write($"{{\n  \"schemaVersion\": 1,\n  \"{_listName}\": [");
    }

    private void EndList()
    {
        BeginList(out bool empty);
        _output.Write(empty ? "],\n" : "\n  ],\n");
    }

    private void Number(string name, long value) => Value(name, value.ToString(CultureInfo.InvariantCulture));

    private void Value(string name, string json, bool last = false) =>
        _output.Write($"  \"{name}\": {json}{(last ? "\n}\n" : ",\n")}");
}
