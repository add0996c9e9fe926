using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Services;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;

namespace Dataplane.Replay.Proxies;

/// <summary>kube-proxy's IPVS mode (<c>--proxy ipvs</c>).</summary>
public sealed class IpvsProxy : IProxy
{
    private readonly ProxyRequest _request;
    private readonly InterfaceNames _interfaces = new();
    private readonly IpvsNodes _nodes;
    private readonly RuleQuery _queries;
    private readonly KubeProxyIpvsOptions _options;

    public IpvsProxy(ProxyRequest request)
    {
        _request = request;
        _queries = NodeDevices.QueryOf(request, _interfaces);
        _nodes = new IpvsNodes(request.Network.Nodes.Length, CompileNode);
        _options = OptionsOf(request);
        Notes = [.. request.Services.Notes];
    }

    public string Name => IpvsEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(new IpvsEngine(_nodes, _queries), sink, state, burst);

    public void Dispose() => _nodes.Dispose();

    public ILookupLoop CreateLookups(LookupContext context) => PipelineCatalog.CloseLookups(new IpvsEngine(_nodes, _queries), context);

    public long TableSizeAt(int node)
    {
        IpvsNode tables = _nodes.At(node);
        long rules = (tables.RulesOf(4)?.Rules.MemorySize ?? 0) + (tables.RulesOf(6)?.Rules.MemorySize ?? 0);
        return tables.Tables.Size + tables.Tables.HashTableBytes + rules;
    }

    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        IpvsNode tables = _nodes.At(node);
        using RuleCount? rules = tables.RulesOf(4) is { } known ? new RuleCount(known.Rules) : null;
        var engine = new IpvsEngine(_nodes, _queries);
        var draw = new Draw(context.Seed);
        long probes = 0;
        foreach (ref readonly FlowKey key in keys)
        {
            probes += tables.Tables.CountProbes(in key);
            if (rules is null) continue;

            ServiceQuery query = context.QueryOf(in key);
            ServiceVerdict verdict = engine.Lookup(in query, new ServiceState(0, context.Affinity), ref draw);
            CountRules(rules, in query, in verdict, node);
        }

        return (double)(probes + (rules?.Visited ?? 0)) / keys.Length;
    }

    private void CountRules(RuleCount rules, in ServiceQuery query, in ServiceVerdict verdict, int node)
    {
        NetfilterPacket packet = _queries.PacketOf(in query, now: 0);
        packet.Mark = rules.Prerouting(in packet).Mark;
        packet.DestinationType = AddressTypes.Local;
        rules.Input(in packet);
        if (verdict.Outcome != ServiceOutcome.Backend) return;

        var translation = new NatRequest
        {
            FirstAddress = _queries.AddressOf(verdict.BackendAddress, packet.Family),
            FirstPort = verdict.BackendPort,
            Options = NatOptions.HasAddress,
        };
        Place to = _queries.Translate(ref packet, in translation, node);
        packet.InInterface = 0;
        packet.OutInterface = _queries.Towards(to, node);
        rules.Postrouting(in packet);
    }

    private static KubeProxyIpvsOptions OptionsOf(ProxyRequest request)
    {
        ProxySettings proxy = request.Settings.Proxy;
        string name = request.Settings.IpvsScheduler;
        if (!IpvsSchedulerNames.TryParse(name, out IpvsScheduler scheduler)) throw new InvalidDataException($"ipvs.scheduler {name} is none of IPVS's");

        return new KubeProxyIpvsOptions
        {
            Scheduler = scheduler,
            MasqueradeAll = proxy.MasqueradeAll,
            ClusterCidrs = proxy.ClusterCidrs.IsEmpty ? request.Network.ClusterCidrs : proxy.ClusterCidrs,
            NodePortAddresses = proxy.NodePortAddresses,
        };
    }

    private IpvsNode CompileNode(int node)
    {
        ProxyNode proxyNode = _request.NodeAt(node);
        KubeProxyIpvs v4 = KubeProxyIpvs.Compile(_request.Services.At(proxyNode, 4), _options);
        KubeProxyIpvs v6 = KubeProxyIpvs.Compile(_request.Services.At(proxyNode, 6), _options);
        IpvsTables tables = IpvsTables.Compile(v4.VirtualServers.Concat(v6.VirtualServers), _request.Topology.Names, IpvsOptions.Default);
        return new IpvsNode(tables, CompileRules(v4, 4), CompileRules(v6, 6));
    }

    private NodeRules? CompileRules(KubeProxyIpvs mode, int family)
    {
        if (mode.VirtualServers.Count == 0) return null;

        string text = IpSet.Print(mode.IpSets) + mode.Rules;
        return new NodeRules(NetfilterRules.Compile(IptablesRuleset.Parse(text, "kube-proxy's ipvs rules", family), family, _interfaces));
    }
}
