using System.Globalization;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Tracing;

namespace Dataplane.Replay.Proxies;

/// <summary>Cilium's maps (<c>--proxy ebpf</c>).</summary>
public sealed class EbpfProxy : IProxy
{
    private const double Mebibyte = 1024 * 1024;
    private const int BackendEntries = 3;

    public EbpfProxy(ProxyRequest request)
    {
        var options = new EbpfOptions
        {
            Algorithm = (LbAlgorithm)request.Settings.LoadBalancer,
            MaglevSize = request.Settings.MaglevSize,
        };
        Tables = EbpfTables.Compile(
            request.Services, [.. request.Network.Nodes.Select(node => node.Name)], request.Topology.Names, options, request.Topology);
        Notes = Tables.MaglevBytes == 0
            ? Tables.Notes
            : [.. Tables.Notes, string.Create(CultureInfo.InvariantCulture, $"Maglev tables take {Tables.MaglevBytes / Mebibyte:0.0} MiB")];
    }

    public string Name => EbpfEngine.Name;

    public IReadOnlyList<string> Notes { get; }

    public EbpfTables Tables { get; }

    private EbpfEngine Engine => new(Tables);

    public IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink => PipelineCatalog.Close(Engine, sink, state, burst);

    public IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder) =>
        PipelineCatalog.CloseTraced(Engine, state, burst, recorder);

    public void Dispose() => Tables.Dispose();

    public ILookupLoop CreateLookups(LookupContext context) => PipelineCatalog.CloseLookups(Engine, context);

    /// <summary>All nodes share one set of maps.</summary>
    public long TableSizeAt(int node) => Tables.Size;

    /// <summary>The frontend's entry, then its backend's slot (or Maglev's), then the backend.</summary>
    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        long entries = 0;
        foreach (ref readonly FlowKey key in keys)
        {
            var frontend = new LbServiceKey(key.Destination, key.DestinationPort, key.Protocol, key.Family, slot: 0);
            entries += Tables.TryGetService(in frontend, out LbService service) && service.Count > 0 ? BackendEntries : 1;
        }

        return (double)entries / keys.Length;
    }
}
