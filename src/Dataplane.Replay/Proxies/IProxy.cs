using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Bench;
using Dataplane.Replay.Tracing;

namespace Dataplane.Replay.Proxies;

/// <summary>
/// A cluster's Services as one proxy holds them, ready to be asked; one file each, listed in
/// <see cref="PipelineCatalog"/>.
/// </summary>
public interface IProxy : IDisposable
{
    /// <summary>As <c>--proxy</c> names it.</summary>
    string Name { get; }

    /// <summary>What was assumed, or is not as in the real one.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The engine alone, to be measured.</summary>
    ILookupLoop CreateLookups(LookupContext context);

    /// <summary>Bytes of a node's tables, which are compiled if they are not yet; Maglev's apart.</summary>
    long TableSizeAt(int node);

    /// <summary>What a first packet's look-up visits on average: rules, entries of a bucket, entries of maps.</summary>
    double CountLookups(int node, ReadOnlySpan<FlowKey> keys, LookupContext context);

    /// <summary>The stages, closed over this proxy's engine.</summary>
    IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink;

    /// <summary>The same stages and the same engine, watched: each look-up tells what it came by.</summary>
    IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder);
}
