using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay;

/// <summary>A cluster that is ready to take packets: model, tables, state. Compiled once for a run.</summary>
public sealed class Emulation : IDisposable
{
    /// <summary>Capture seconds of a kernel's and Cilium's limits stand with the settings.</summary>
    private Emulation(NetworkModel model, string proxy, EbpfTables tables, Topology topology, PipelineState state, IEnumerable<string> notes)
    {
        Model = model;
        Proxy = proxy;
        Tables = tables;
        Topology = topology;
        State = state;
        Notes = [.. notes];
    }

    public NetworkModel Model { get; }

    public string Proxy { get; }

    public EbpfTables Tables { get; }

    public Topology Topology { get; }

    public PipelineState State { get; }

    public PacketBurst Burst { get; } = new();

    /// <summary>What was recognised, assumed or made up.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <param name="snapshot">The manifests.</param>
    /// <param name="options">CNI, proxy, settings and node, as the command line gives them.</param>
    /// <param name="choice">Knows backends beforehand; null: the engine draws.</param>
    /// <exception cref="InvalidDataException">A name or setting is unknown, or not built.</exception>
    public static Emulation Compile(ClusterSnapshot snapshot, ReplayOptions options, Func<AddressNames, IBackendChoice>? choice = null)
    {
        EmulationSettings settings = EmulationSettings.Parse(options.Settings);
        CniChoice cni = CniCatalog.Resolve(options.Cni, snapshot);
        NetworkModel model = FlannelProfile.Compile(snapshot, settings);
        string proxy = ResolveProxy(options.Proxy);
        int onlyNode = FindNode(options.Node, model);
        Topology topology = TopologyCompiler.Compile(model, EbpfTables.FrontendsOf(snapshot), settings.Seed, onlyNode);
        var engine = new EbpfOptions { Algorithm = (LbAlgorithm)settings.LoadBalancer, MaglevSize = settings.MaglevSize };
        EbpfTables tables = EbpfTables.Compile(snapshot, topology.Names, engine);
        var state = new PipelineState(topology, new PipelineOptions
        {
            ConnectionLimit = settings.ConntrackMax ?? 0,
            Timeouts = settings.ConntrackProfile == ConntrackProfile.Cilium ? ConnectionTimeouts.Cilium : ConnectionTimeouts.Linux,
            CiliumStates = settings.ConntrackProfile == ConntrackProfile.Cilium,
            NodeUdpClosed = settings.NodeUdpClosed,
            BackendFrontends = BackendFrontendsCompiler.Compile(snapshot, topology.Names),
            Choice = choice?.Invoke(topology.Names),
        });
        IEnumerable<string> notes = [cni.Evidence, .. ProxyNote(options.Proxy), .. model.Notes, .. tables.Notes, .. MaglevNote(tables)];
        return new Emulation(model, proxy, tables, topology, state, notes);
    }

    public void Dispose()
    {
        State.Dispose();
        Tables.Dispose();
        Burst.Dispose();
        Topology.Names.Dispose();
        Topology.Nodes.Dispose();
        Topology.Peers.Dispose();
        Topology.Endpoints.Dispose();
        Topology.NodeAddresses.Dispose();
        Topology.SeenUnlisted.Dispose();
    }

    private static string ResolveProxy(string? asked)
    {
        if (asked is null) return EbpfEngine.Name;
        if (PipelineCatalog.Proxies.Contains(asked)) return asked;

        string known = string.Join(", ", PipelineCatalog.Proxies);
        throw new InvalidDataException(asked is "iptables" or "ipvs" or "nftables"
            ? $"--proxy {asked} is not built yet (built: {known})"
            : $"unknown proxy {asked} (known: {known})");
    }

    private static IEnumerable<string> ProxyNote(string? asked)
    {
        if (asked is null) yield return $"proxy: {EbpfEngine.Name}, the only one that is built (kube-proxy's iptables and IPVS modes are not)";
    }

    private static IEnumerable<string> MaglevNote(EbpfTables tables)
    {
        if (tables.MaglevBytes > 0) yield return string.Create(null, stackalloc char[64], $"Maglev tables take {tables.MaglevBytes / 1024.0 / 1024.0:0.0} MiB");
    }

    private static int FindNode(string? name, NetworkModel model)
    {
        if (name is null) return -1;

        for (int index = 0; index < model.Nodes.Length; index++)
        {
            if (model.Nodes[index].Name == name) return index;
        }

        string? nearest = NearestWord.Of(name, model.Nodes.Select(node => node.Name));
        throw new InvalidDataException($"--node {name}: the manifests have no such node{(nearest is null ? "" : $": did you mean {nearest}?")}");
    }
}
