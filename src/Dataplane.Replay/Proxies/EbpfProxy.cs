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

    public EbpfProxy(ProxyRequest request)
    {
        var options = new EbpfOptions
        {
            Algorithm = (LbAlgorithm)request.Settings.LoadBalancer,
            MaglevSize = request.Settings.MaglevSize,
            DirectReturn = request.Network.DirectReturn is not { } way ? LbDirectReturn.None
                : way.IsTcpOnly ? LbDirectReturn.Tcp : LbDirectReturn.All,
        };
        Tables = EbpfTables.Compile(
            request.Services, [.. request.Network.Nodes.Select(node => node.Name)],
            request.Topology.Names, options, request.Topology);
        Notes = Tables.MaglevBytes == 0
            ? Tables.Notes
            : [.. Tables.Notes, string.Create(
                CultureInfo.InvariantCulture, $"Maglev tables take {Tables.MaglevBytes / Mebibyte:0.0} MiB")];
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

    public double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context)
    {
        var draw = new Draw(context.Seed);
        long probes = 0;
        foreach (ref readonly FlowKey key in keys) probes += Tables.CountProbes(in key, ref draw);
        return (double)probes / keys.Length;
    }
}
