using System.Diagnostics.CodeAnalysis;
using Dataplane.Cluster.Network;

namespace Dataplane.Replay.Proxies;

/// <summary>
/// What <c>--rules [NODE=]FILE</c> gives in the place of generated tables: a node's own, or every node's.
/// </summary>
internal sealed class NodeDumps<TDump>
    where TDump : class
{
    private readonly Dictionary<string, TDump> _byNode = [];

    /// <param name="request">The files, and the nodes that there are.</param>
    /// <param name="read">Reads a file, and finds out whether it can be used: that is known
    /// before the first packet.</param>
    public NodeDumps(ProxyRequest request, Func<string, TDump> read)
    {
        foreach ((string? node, string path) in request.Rules)
        {
            if (node is not null && request.Network.Nodes.All(known => known.Name != node))
            {
                throw new InvalidDataException($"--rules {node}={path}: the manifests have no node {node}");
            }

            TDump dump = read(path);
            if (!_byNode.TryAdd(node ?? "", dump))
                throw new InvalidDataException($"--rules {path}: {node ?? "every node"} has a dump already");
        }
    }

    public bool Any => _byNode.Count > 0;

    public bool TryGet(NodeNetwork node, [MaybeNullWhen(false)] out TDump dump) =>
        _byNode.TryGetValue(node.Name, out dump) || _byNode.TryGetValue("", out dump);
}
