using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Rules;
using Dataplane.Replay.Tracing;

namespace Dataplane.Replay.Proxies;

/// <summary>kube-proxy's iptables mode (<c>--proxy iptables</c>), or a node's own dump (<c>--rules</c>).</summary>
public sealed class IptablesProxy : IProxy
{
    private readonly ProxyRequest _request;
    private readonly InterfaceNames _interfaces = new();
    private readonly IptablesNodes _nodes;
    private readonly RuleQuery _queries;
    private readonly Dictionary<string, IptablesRuleset> _dumps = [];

    public IptablesProxy(ProxyRequest request)
    {
        _request = request;
        _queries = NodeDevices.QueryOf(request, _interfaces);
        _nodes = new IptablesNodes(request.Network.Nodes.Length, CompileNode);
        foreach ((string? node, string path) in request.Rules) ReadDump(node, path);
        Notes = [.. request.Services.Notes];
    }

    public string Name => IptablesEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    /// <summary>The tables of a node, compiled if they are not yet.</summary>
    public NetfilterRules RulesAt(int node, int family) => _nodes.At(node, family).Rules;

    private IptablesEngine Engine => new(_nodes, _queries, _dumps.Count > 0);

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(Engine, sink, state, burst);

    public IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder) =>
        PipelineCatalog.CloseTraced(Engine, state, burst, recorder);

    public void Dispose() => _nodes.Dispose();

    public ILookupLoop CreateLookups(LookupContext context) =>
        PipelineCatalog.CloseLookups(new IptablesEngine(_nodes, _queries, _dumps.Count > 0), context);

    public long TableSizeAt(int node) => RulesAt(node, family: 4).MemorySize + RulesAt(node, family: 6).MemorySize;

    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        using var count = new RuleCount(RulesAt(node, family: 4));
        foreach (ref readonly FlowKey key in keys)
        {
            ServiceQuery query = context.QueryOf(in key);
            NetfilterPacket packet = _queries.PacketOf(in query, now: 0);
            NetfilterOutcome first = count.Prerouting(in packet);
            packet.Mark = first.Mark;
            Place to = first.Nat.Kind == NatKind.Destination ? _queries.Translate(ref packet, in first.Nat, node) : query.Destination;
            packet.OutInterface = _queries.Towards(to, node);
            count.Forward(in packet);
            packet.InInterface = 0;
            count.Postrouting(in packet);
        }

        return (double)count.Visited / keys.Length;
    }

    private NetfilterRules CompileNode(int node, int family)
    {
        string name = _request.Network.Nodes[node].Name;
        if (_dumps.TryGetValue(name, out IptablesRuleset? dump) || _dumps.TryGetValue("", out dump))
        {
            return NetfilterRules.Compile(dump, family, _interfaces);
        }

        var request = new RulesRequest(_request.Services, _request.NodeAt(node), _request.Network, _request.Settings);
        IptablesRuleset rules = KubeProxyRules.Write(_request.Services.At(request.Node, family), ProxyOptions.ForIptables(request));
        return NetfilterRules.Compile(rules, family, _interfaces);
    }

    // A dump that cannot be used is known before the first packet.
    private void ReadDump(string? node, string path)
    {
        if (node is not null && _request.Network.Nodes.All(known => known.Name != node))
        {
            throw new InvalidDataException($"--rules {node}={path}: the manifests have no node {node}");
        }

        using StreamReader text = File.OpenText(path);
        IptablesRuleset rules = IptablesRuleset.Read(text, path);
        foreach (int family in (ReadOnlySpan<int>)[4, 6]) NetfilterRules.Compile(rules, family, _interfaces).Dispose();
        if (!_dumps.TryAdd(node ?? "", rules)) throw new InvalidDataException($"--rules {path}: {node ?? "every node"} has a dump already");
    }
}
