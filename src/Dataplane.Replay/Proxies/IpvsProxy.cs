using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Services;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Rules;
using Dataplane.Replay.Tracing;

namespace Dataplane.Replay.Proxies;

/// <summary>
/// kube-proxy's IPVS mode (<c>--proxy ipvs</c>); a dump (<c>--rules</c>) stands in for its virtual servers.
/// </summary>
public sealed class IpvsProxy : IProxy
{
    private readonly ProxyRequest _request;
    private readonly InterfaceNames _interfaces = new();
    private readonly IpvsNodes _nodes;
    private readonly RuleQuery _queries;
    private readonly KubeProxyIpvsOptions _options;
    private readonly NodeDumps<IReadOnlyList<IpvsVirtualServer>> _dumps;

    public IpvsProxy(ProxyRequest request)
    {
        _request = request;
        _queries = NodeDevices.QueryOf(request, _interfaces);
        _nodes = new IpvsNodes(request.Network.Nodes.Length, CompileNode);
        _options = ProxyOptions.ForIpvs(request.Settings, request.Network);
        _dumps = new NodeDumps<IReadOnlyList<IpvsVirtualServer>>(request, ReadDump);
        Notes = [.. request.Services.Notes, .. DumpNotes()];
    }

    public string Name => IpvsEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    private IpvsEngine Engine => new(_nodes, _queries);

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(Engine, sink, state, burst);

    public IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder) =>
        PipelineCatalog.CloseTraced(Engine, state, burst, recorder);

    public void Dispose() => _nodes.Dispose();

    public ILookupLoop CreateLookups(LookupContext context) => PipelineCatalog.CloseLookups(Engine, context);

    public long TableSizeAt(int node)
    {
        IpvsNode tables = _nodes.At(node);
        long rules = (tables.RulesOf(4)?.Rules.MemorySize ?? 0) + (tables.RulesOf(6)?.Rules.MemorySize ?? 0);
        return tables.Tables.Size + tables.Tables.HashTableBytes + rules;
    }

    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        IpvsNode tables = _nodes.At(node);
        if (tables.RulesOf(4) is not { } node4) return 0;

        var counters = new RuleCounters(node4.Rules);
        var trace = new TraceCounts(counters);
        var draw = new Draw(context.Seed);
        long probes = 0;
        foreach (ref readonly FlowKey key in keys)
        {
            probes += tables.Tables.CountProbes(in key);
            Engine.Walk(context.QueryOf(in key), new ServiceState(0, context.Affinity), ref draw, ref trace);
        }

        return (double)(probes + counters.RulesVisited) / keys.Length;
    }

    private IEnumerable<string> DumpNotes()
    {
        if (_dumps.Any)
            yield return "--rules gives virtual servers; addresses, "
                + "ipsets and iptables rules are those of the manifests' Services";
    }

    private IReadOnlyList<IpvsVirtualServer> ReadDump(string path)
    {
        IReadOnlyList<IpvsVirtualServer> servers = IpvsRules.Parse(File.ReadAllText(path), path);
        IpvsTables.Compile(servers, _request.Topology.Names, IpvsOptions.Default).Dispose();
        return servers;
    }

    private IEnumerable<IpvsVirtualServer> ServersOf(int node, KubeProxyIpvs v4, KubeProxyIpvs v6) =>
        _dumps.TryGet(_request.Network.Nodes[node], out IReadOnlyList<IpvsVirtualServer>? dump)
            ? dump
            : v4.VirtualServers.Concat(v6.VirtualServers);

    private IpvsNode CompileNode(int node)
    {
        ProxyNode proxyNode = _request.NodeAt(node);
        KubeProxyIpvs v4 = KubeProxyIpvs.Compile(_request.Services.At(proxyNode, 4), _options);
        KubeProxyIpvs v6 = KubeProxyIpvs.Compile(_request.Services.At(proxyNode, 6), _options);
        IpvsTables tables = IpvsTables.Compile(ServersOf(node, v4, v6), _request.Topology.Names, IpvsOptions.Default);
        return new IpvsNode(tables, CompileRules(v4, 4), CompileRules(v6, 6));
    }

    private NodeRules? CompileRules(KubeProxyIpvs mode, int family)
    {
        if (mode.VirtualServers.Count == 0) return null;

        // The match ipvs is for what a node sends from a Service's own address, and no packet enters so.
        IEnumerable<string> lines = mode.Rules.Split('\n')
            .Where(line => !line.Contains(" -m ipvs ", StringComparison.Ordinal));
        string text = IpSet.Print(mode.IpSets) + string.Join('\n', lines);
        return new NodeRules(NetfilterRules.Compile(
            IptablesRuleset.Parse(text, "kube-proxy's ipvs rules", family), family, _interfaces));
    }
}
