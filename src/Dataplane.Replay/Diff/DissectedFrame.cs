namespace Dataplane.Replay.Diff;

/// <summary>
/// A field as tshark dissected it: its layer's place in the frame, what it shows, and its bytes in
/// hex (empty for derived ones).
/// </summary>
public readonly record struct DissectedField(int Layer, string Name, string Show, string Value);

/// <summary>One frame as tshark dissected it: layers from the outside in, and their fields in order.</summary>
public sealed class DissectedFrame
{
    /// <summary>Stands before the names of fields of a packet that carries another one.</summary>
    public const string Outer = "outer ";

    private readonly List<string> _layers = [];
    private readonly List<string> _titles = [];
    private readonly List<int> _starts = [];
    private readonly List<DissectedField> _fields = [];

    /// <summary>Position in the capture, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>The frame itself; null where nobody asked for it.</summary>
    public FrameRecord? Record { get; set; }

    /// <summary>tshark's protocol names; the first is <c>frame</c>.</summary>
    public IReadOnlyList<string> Layers => _layers;

    public IReadOnlyList<DissectedField> Fields => _fields;

    /// <summary>Position of the layer where the innermost packet begins; 0 where there is no tunnel.</summary>
    public int InnerStart { get; private set; }

    /// <summary>What tshark prints as the layer's headline.</summary>
    public string Title(int layer) => _titles[layer];

    /// <summary>Offset of the layer's first byte in its buffer.</summary>
    public int Start(int layer) => _starts[layer];

    /// <summary>Whether the layer belongs to a packet that carries another one.</summary>
    public bool IsOuter(int layer) => layer > 0 && layer < InnerStart && !IsTunnel(_layers[layer]);

    /// <summary>Whether the protocol is a tunnel's own header.</summary>
    public static bool IsTunnel(string layer) => layer is "vxlan" or "geneve";

    /// <summary>The field's name with <c>outer </c> before it where it belongs to a carrying packet.</summary>
    public string QualifiedName(in DissectedField field) => IsOuter(field.Layer) ? Outer + field.Name : field.Name;

    /// <summary>The first value of a field, or null.</summary>
    public string? Find(string name, int fromLayer = 0)
    {
        foreach (DissectedField field in _fields)
        {
            if (field.Layer >= fromLayer && field.Name == name) return field.Show;
        }

        return null;
    }

    internal int AddLayer(string name, string title, int start)
    {
        int layer = _layers.Count;
        bool ipInIp = layer > 0 && name is "ip" or "ipv6" && _layers[layer - 1] is "ip" or "ipv6";
        _layers.Add(name);
        _titles.Add(title);
        _starts.Add(start);
        if (IsTunnel(name)) InnerStart = layer + 1;
        else if (ipInIp) InnerStart = layer;
        return layer;
    }

    internal void AddField(in DissectedField field) => _fields.Add(field);
}
