using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Replay.Tracing;

namespace Dataplane.Replay.Proxies;

/// <summary>A cluster's Services as one proxy holds them, ready to be asked; one file each, listed in <see cref="PipelineCatalog"/>.</summary>
public interface IProxy : IDisposable
{
    /// <summary>As <c>--proxy</c> names it.</summary>
    string Name { get; }

    /// <summary>What was assumed, or is not as in the real one.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The stages, closed over this proxy's engine.</summary>
    IPipeline CreatePipeline<TSink>(PipelineState state, PacketBurst burst, TSink sink)
        where TSink : struct, IFrameSink;

    /// <summary>The same stages and the same engine, watched: each look-up tells what it came by.</summary>
    IPipeline CreateTracedPipeline(PipelineState state, PacketBurst burst, TraceRecorder recorder);
}
