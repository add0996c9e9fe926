using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.Services;
using Dataplane.Pipeline;
using Dataplane.Replay.Policies;
using Dataplane.Replay.Proxies;
using Dataplane.Wire;
using Microsoft.Extensions.ObjectPool;

namespace Dataplane.Replay;

/// <summary>A cluster that is ready to take packets: model, tables, state. Compiled once for a run.</summary>
public sealed class Emulation : IDisposable
{
    /// <summary>Bursts are megabytes of native memory each: one run's serves the next.</summary>
    internal static readonly ObjectPool<PacketBurst> Bursts = new DefaultObjectPoolProvider().Create<PacketBurst>();

    private bool _isDisposed;

    private Emulation(
        ProxyRequest request, IProxy proxy, EnforcedPolicies? policies, PipelineState state, NodeRoutes? routes,
        IEnumerable<string> notes)
    {
        Request = request;
        Ways = new WayTeller(request.Network, request.Topology, routes);
        Proxy = proxy;
        Policies = policies;
        State = state;
        State.Police = policies?.Police;
        Notes = [.. notes];
        Burst.FirstRecord = 0;
    }

    /// <summary>What the proxy's tables were made from, so that they can be made again.</summary>
    public ProxyRequest Request { get; }

    public NetworkModel Model => Request.Network;

    public IProxy Proxy { get; }

    /// <summary>Null where nobody enforces policies, or there are none.</summary>
    public EnforcedPolicies? Policies { get; }

    /// <summary>What of the user's own files decides packets' ways.</summary>
    public WayTeller Ways { get; }

    public Topology Topology => Request.Topology;

    public PipelineState State { get; }

    public PacketBurst Burst { get; } = Bursts.Get();

    /// <summary>What was recognised, assumed or made up.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <param name="snapshot">The manifests.</param>
    /// <param name="options">CNI, proxy, settings and node, as the command line gives them.</param>
    /// <param name="choice">Knows backends beforehand; null: the engine draws.</param>
    /// <exception cref="InvalidDataException">A name or setting is unknown, or not built.</exception>
    public static Emulation Compile(
        ClusterSnapshot snapshot, ReplayOptions options, Func<AddressNames, IBackendChoice>? choice = null)
    {
        EmulationSettings settings = EmulationSettings.Parse(options.Settings);
        CniChoice cni = CniCatalog.Resolve(options.Cni, snapshot);
        var enforcement = PolicyEnforcement.Of(snapshot, options.Cni, settings);
        return Compile(CniProfiles.Compile(cni.Name, snapshot, settings, enforcement),
            enforcement, options, [cni.Evidence], choice);
    }

    /// <summary>The same for a network that is known already.</summary>
    /// <param name="model">The cluster under its CNI.</param>
    /// <param name="enforcement">Who enforces its policies.</param>
    /// <param name="options">Proxy, settings and node.</param>
    /// <param name="evidence">How the CNI was recognised, for the user.</param>
    /// <param name="choice">Knows backends beforehand; null: the engine draws.</param>
    public static Emulation Compile(
        NetworkModel model, PolicyEnforcement enforcement, ReplayOptions options, IEnumerable<string> evidence,
        Func<AddressNames, IBackendChoice>? choice = null)
    {
        ClusterSnapshot snapshot = model.Snapshot;
        EmulationSettings settings = EmulationSettings.Parse(options.Settings);
        string proxyName = ResolveProxy(options, model);
        int onlyNode = FindNode("--node", options.Node, model);
        ServiceModel services = ServiceModel.Compile(snapshot);
        ImmutableArray<ServiceFrontend> frontends = ServiceFrontends.Of(
            services, model, FindNode("--entry", options.Entry, model));
        bool hasOwnMasquerade = options.Rules.IsEmpty || proxyName != IptablesEngine.Name;
        NodeRoutes? routes = options.Routes.IsEmpty ? null
            : NodeRoutes.Compile(
                model, options.Routes.Select(file => (FindNode("--routes", file.Node, model), file.Path)));
        Topology topology = TopologyCompiler.Compile(model, frontends, settings.Seed,
            onlyNode, routes, hasOwnMasquerade, hasOwnProxy: proxyName == EbpfEngine.Name);
        topology.Names.Limit = settings.Limits.Addresses;
        topology.SeenUnlisted.Limit = settings.Limits.Unlisted;
        var request = new ProxyRequest(snapshot, services, model, settings, topology) { Rules = options.Rules };
        IProxy proxy = PipelineCatalog.Compile(proxyName, request);
        var state = new PipelineState(topology, new PipelineOptions
        {
            ConnectionLimit = settings.ConntrackMax ?? 0,
            Timeouts = settings.ConntrackProfile == ConntrackProfile.Cilium
                ? ConnectionTimeouts.Cilium
                : ConnectionTimeouts.Linux,
            CiliumStates = settings.ConntrackProfile == ConntrackProfile.Cilium,
            NodeUdpClosed = settings.NodeUdpClosed,
            KeepsSuperFrames = options.KeepSuperFrames,
            BackendFrontends = BackendFrontendsCompiler.Compile(snapshot, topology.Names),
            Choice = choice?.Invoke(topology.Names),
        })
        {
            Links = LinksOf(settings.Link, model),
        };
        var policies = EnforcedPolicies.Compile(enforcement, model, topology);
        string[] enforced = policies is null ? [] : [enforcement.Evidence];
        IEnumerable<string> notes =
        [
            .. evidence, .. ProxyNote(options, model, proxyName), .. enforced, .. model.Notes, .. routes?.Notes ?? [],
            .. proxy.Notes, .. LinkNote(settings.Link),
        ];
        return new Emulation(request, proxy, policies, state, routes, notes);
    }

    public void Dispose()
    {
        if (_isDisposed) return;

        _isDisposed = true;
        State.Dispose();
        Proxy.Dispose();
        Policies?.Dispose();
        Bursts.Return(Burst);
        Topology.Names.Dispose();
        Topology.Nodes.Dispose();
        Topology.Peers.Dispose();
        Topology.Tunnel?.Dispose();
        if (Topology.TunnelV6 != Topology.Tunnel) Topology.TunnelV6?.Dispose();
        Topology.DirectReturn?.Dispose();
        Topology.Beside?.Dispose();
        Topology.Endpoints.Dispose();
        Topology.NodeAddresses.Dispose();
        Topology.SeenUnlisted.Dispose();
    }

    private static NodeLinks? LinksOf(LinkSettings link, NetworkModel model) => link == LinkSettings.None
        ? null
        : new NodeLinks(new LinkParameters(link.Rate ?? 0, link.Queue ?? LinkSettings.DefaultQueue, link.Delay ?? 0),
            model.Nodes.Length);

    private static IEnumerable<string> LinkNote(LinkSettings link)
    {
        if (link.Queue is not null && link.Rate is null)
            yield return "link.queue has no effect without link.rate: nothing ever waits";
    }

    private static string ResolveProxy(ReplayOptions options, NetworkModel model)
    {
        string? asked = options.Proxy ?? (options.Rules.IsEmpty ? null : IptablesEngine.Name);
        if (!options.Rules.IsEmpty && asked != IptablesEngine.Name && asked != IpvsEngine.Name)
        {
            throw new InvalidDataException(
                $"--rules is for --proxy {IptablesEngine.Name} and {IpvsEngine.Name}; {asked} has tables of its own");
        }

        if (asked is null) return CniProfiles.DefaultProxy(model.Cni, model.Snapshot);
        if (PipelineCatalog.Proxies.Contains(asked)) return asked;

        string known = string.Join(", ", PipelineCatalog.Proxies);
        throw new InvalidDataException(asked == "nftables"
            ? $"--proxy {asked} is not built yet (built: {known})"
            : $"unknown proxy {asked} (known: {known})");
    }

    private static IEnumerable<string> ProxyNote(ReplayOptions options, NetworkModel model, string proxy)
    {
        if (options.Proxy is not null || !options.Rules.IsEmpty) yield break;

        string others = string.Join(", ", PipelineCatalog.Proxies.Where(name => name != proxy));
        yield return $"proxy: {proxy}, as {model.Cni} has it (also built: {others}; choose with --proxy)";
    }

    private static int FindNode(string option, string? name, NetworkModel model)
    {
        if (name is null) return -1;

        for (int index = 0; index < model.Nodes.Length; index++)
        {
            if (model.Nodes[index].Name == name) return index;
        }

        string? nearest = NearestWord.Of(name, model.Nodes.Select(node => node.Name));
        throw new InvalidDataException(
            $"{option} {name}: the manifests have no such node{(nearest is null ? "" : $": did you mean {nearest}?")}");
    }
}
