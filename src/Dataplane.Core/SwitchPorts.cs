namespace Dataplane.Core;

/// <summary>
/// OVN's logical ports by the node that has them: what a receiver takes out of the tunnel, and where a switch's floods
/// go (controller/physical.c, tables of local output and of multicast groups).
/// </summary>
public sealed class SwitchPorts
{
    private const int SwitchShift = 16;
    private const int NodeShift = 40;

    private readonly ulong[] _ports;
    private readonly Dictionary<uint, ushort[]> _nodes;

    public SwitchPorts(IEnumerable<(int Node, uint Switch, ushort Port)> ports)
    {
        (int Node, uint Switch, ushort Port)[] all = [.. ports];
        _ports = [.. all.Select(port => KeyOf(port.Node, port.Switch, port.Port)).Distinct().Order()];
        _nodes = all.GroupBy(port => port.Switch)
            .ToDictionary(
                group => group.Key, group => group.Select(port => (ushort)port.Node).Distinct().Order().ToArray());
    }

    public bool Has(int node, uint key, ushort port) => Array.BinarySearch(_ports, KeyOf(node, key, port)) >= 0;

    /// <summary>Whether the node has any port of the switch.</summary>
    public bool HasSwitch(int node, uint key)
    {
        int at = Array.BinarySearch(_ports, KeyOf(node, key, 0));
        if (at < 0) at = ~at;
        return at < _ports.Length && _ports[at] >> SwitchShift == KeyOf(node, key, 0) >> SwitchShift;
    }

    /// <summary>The nodes that have ports of the switch, ascending.</summary>
    public ReadOnlySpan<ushort> NodesOf(uint key) => _nodes.TryGetValue(key, out ushort[]? nodes) ? nodes : [];

    private static ulong KeyOf(int node, uint key, ushort port) =>
        (ulong)node << NodeShift | (ulong)key << SwitchShift | port;
}
