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
    private readonly NodeDumps<IptablesRuleset> _dumps;

    public IptablesProxy(ProxyRequest request)
    {
        _request = request;
        _queries = NodeDevices.QueryOf(request, _interfaces);
        _nodes = new IptablesNodes(request.Network.Nodes.Length, CompileNode);
        _dumps = new NodeDumps<IptablesRuleset>(request, ReadDump);
        Notes = [.. request.Services.Notes];
    }

    public string Name => IptablesEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    /// <summary>The tables of a node, compiled if they are not yet.</summary>
    public NetfilterRules RulesAt(int node, int family) => _nodes.At(node, family).Rules;

    private IptablesEngine Engine => new(_nodes, _queries, _dumps.Any);

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(Engine, sink, state, burst);

    public IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder) =>
        PipelineCatalog.CloseTraced(Engine, state, burst, recorder);

    public void Dispose() => _nodes.Dispose();

    public ILookupLoop CreateLookups(LookupContext context) =>
        PipelineCatalog.CloseLookups(Engine, context);

    public long TableSizeAt(int node) => RulesAt(node, family: 4).MemorySize + RulesAt(node, family: 6).MemorySize;

    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        var counters = new RuleCounters(RulesAt(node, family: 4));
        var trace = new TraceCounts(counters);
        var draw = new Draw(context.Seed);
        foreach (ref readonly FlowKey key in keys)
            Engine.Walk(context.QueryOf(in key), new ServiceState(0, context.Affinity), ref draw, ref trace);
        return (double)counters.RulesVisited / keys.Length;
    }

    private NetfilterRules CompileNode(int node, int family)
    {
        if (_dumps.TryGet(_request.Network.Nodes[node], out IptablesRuleset? dump))
            return NetfilterRules.Compile(dump, family, _interfaces);

        var request = new RulesRequest(_request.Services, _request.NodeAt(node), _request.Network, _request.Settings);
        IptablesRuleset rules = KubeProxyRules.Write(
            _request.Services.At(request.Node, family), ProxyOptions.ForIptables(request));
        return NetfilterRules.Compile(rules, family, _interfaces);
    }

    private IptablesRuleset ReadDump(string path)
    {
        using StreamReader text = File.OpenText(path);
        IptablesRuleset rules = IptablesRuleset.Read(text, path);
        foreach (int family in (ReadOnlySpan<int>)[4, 6]) NetfilterRules.Compile(rules, family, _interfaces).Dispose();
        return rules;
    }
}
