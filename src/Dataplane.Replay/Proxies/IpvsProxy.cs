using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Services;
using Dataplane.Pipeline;
using Dataplane.Replay.Rules;
using Dataplane.Replay.Tracing;

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
        _options = ProxyOptions.ForIpvs(request.Settings, request.Network);
        Notes = [.. request.Services.Notes];
    }

    public string Name => IpvsEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    private IpvsEngine Engine => new(_nodes, _queries);

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(Engine, sink, state, burst);

    public IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder) =>
        PipelineCatalog.CloseTraced(Engine, state, burst, recorder);

    public void Dispose() => _nodes.Dispose();

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
