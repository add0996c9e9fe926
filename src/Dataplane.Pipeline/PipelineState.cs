using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// What the stages share: the compiled cluster, and everything that remembers. One run; one
/// thread at a time, in capture order.
/// </summary>
public sealed class PipelineState : IDisposable
{
    /// <summary>First seed of the draws, so that a seed of zero draws like any other.</summary>
    private const ulong DrawSalt = 0x5DEE_CE66_D1CE_4E5B;

    private Draw _draw;
    private IPolice? _police;
    private ushort _swaps;

    public PipelineState(Topology topology, PipelineOptions options)
    {
        Topology = topology;
        Options = options;
        Timeouts = options.Timeouts;
        Connections = new ConnectionTable(options.ConnectionLimit);
        Counters = new RunCounters((int)topology.Nodes.Length, (int)topology.Endpoints.Length);
        Ids = new IdCounters(topology.Seed);
        _draw = new Draw(topology.Seed ^ DrawSalt);
    }

    public Topology Topology { get; }

    public PipelineOptions Options { get; }

    public ConnectionTimeouts Timeouts { get; }

    public ConnectionTable Connections { get; }

    public RunCounters Counters { get; }

    public IdCounters Ids { get; }

    public AffinityMap Affinity { get; } = new();

    /// <summary>
    /// Null where wires are as fast as can be; otherwise the pipeline's sink says so
    /// (<see cref="IFrameSink.HasLinks"/>).
    /// </summary>
    public NodeLinks? Links { get; init; }

    public FragmentTable Fragments { get; } = new();

    public Reassembly Reassembly { get; } = new();

    public AnswerMemory Answers { get; } = new();

    /// <summary>Null as long as the capture has one point: each record is a packet.</summary>
    public Sightings? Sightings { get; set; }

    /// <summary>Who enforces NetworkPolicies; null: nobody does. Others may take its place between bursts.</summary>
    public IPolice? Police
    {
        get => _police;
        set
        {
            _police = value;
            PolicyMark = value is null ? (ushort)0 : ++_swaps;
        }
    }

    /// <summary>
    /// What connections carry that the policies of now let pass, be it that those do not touch what is established;
    /// 0 where nobody enforces any.
    /// </summary>
    public ushort PolicyMark { get; private set; }

    /// <summary>The one stream of random choices.</summary>
    public ref Draw Draw => ref _draw;

    public void Dispose()
    {
        Connections.Dispose();
        Affinity.Dispose();
        Fragments.Dispose();
        Reassembly.Dispose();
        Answers.Dispose();
        Sightings?.Dispose();
        Links?.Dispose();
    }
}

/// <summary>Settings of the stages that are not the cluster's.</summary>
public sealed record PipelineOptions
{
    /// <summary>Connections at most; 0: no limit.</summary>
    public long ConnectionLimit { get; init; }

    public ConnectionTimeouts Timeouts { get; init; } = ConnectionTimeouts.Linux;

    /// <summary>Cilium never calls a packet invalid for its TCP state.</summary>
    public bool CiliumStates { get; init; }

    /// <summary>Nodes refuse UDP to their own addresses: nothing listens there.</summary>
    public bool NodeUdpClosed { get; init; }

    /// <summary>
    /// TCP super-frames stay whole, as tcpdump sees them in front of the network card's segmentation.
    /// </summary>
    public bool KeepsSuperFrames { get; init; }

    /// <summary>Finds the connection of a reply that another endpoint than the chosen one sent.</summary>
    public BackendFrontends? BackendFrontends { get; init; }

    /// <summary>
    /// Decides in place of the engine's draw, where a test knows what really happened; null: nobody does.
    /// </summary>
    public IBackendChoice? Choice { get; init; }
}

/// <summary>Knows which backend a connection had.</summary>
public interface IBackendChoice
{
    /// <summary>Gives the backend (address as a name) of a new connection to a Service.</summary>
    bool TryChoose(in FlowKey key, out uint address, out ushort port);

    /// <summary>Gives the source port that a new connection (its key as it came) was masqueraded with.</summary>
    bool TryChooseSourcePort(in FlowKey key, out ushort port);
}
