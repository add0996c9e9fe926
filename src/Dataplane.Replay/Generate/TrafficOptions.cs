using System.Collections.Immutable;

namespace Dataplane.Replay.Generate;

/// <summary>How often each flow is the next one.</summary>
public enum FlowDistribution : byte
{
    Uniform,

    /// <summary>The k-th flow with weight 1/k.</summary>
    Zipf,
}

/// <summary>
/// What <c>dataplane generate traffic</c> was asked to do; the same options give the same bytes on every machine.
/// </summary>
public sealed record TrafficOptions
{
    public const int Imix = 0;

    /// <summary>Header and checksum of an Ethernet frame.</summary>
    public const int FrameOverhead = 18;

    private const int TunnelMtu = 1450;

    public required ImmutableArray<string> Manifests { get; init; }

    public required string Output { get; init; }

    public long Packets { get; init; } = 1_000_000;

    public int Flows { get; init; } = 10_000;

    public FlowDistribution Distribution { get; init; }

    /// <summary>
    /// Bytes of an Ethernet frame with its checksum, as testers count (64 is 60 in a capture); 0 for IMIX
    /// (7 × 64, 4 × 594, 1 × 1518).
    /// </summary>
    public int FrameSize { get; init; } = Imix;

    /// <summary>
    /// The largest IP packet; null: what goes between nodes is as large as pods may send, and otherwise what Flannel's
    /// VXLAN leaves of 1500, or a frame of <see cref="FrameSize"/> holds.
    /// </summary>
    public int? Mtu { get; init; }

    /// <summary>Flows of each kind, in percent; the sum is 100.</summary>
    public TrafficMix Mix { get; init; } = new(80, 15, 5, 0);

    /// <summary>
    /// Of 100 packets with payload, so many come back; handshakes are whole, since conntrack drops half of one.
    /// </summary>
    public int Replies { get; init; } = 50;

    /// <summary>Of 100 flows of pods that have both families, so many are IPv6.</summary>
    public int Ipv6 { get; init; } = 50;

    /// <summary>The only node whose pods are clients; null: all nodes' are.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// Connections and flows of datagrams that began do not end; otherwise they do after 4 to 63 packets with payload.
    /// </summary>
    public bool LongLived { get; init; }

    /// <summary>
    /// Not what clients see, but what their packets make between nodes: frames of the nodes' underlay interfaces.
    /// </summary>
    public bool Encapsulated { get; init; }

    /// <summary>Of what is between nodes; null: recognised from the manifests.</summary>
    public string? Cni { get; init; }

    /// <summary>By the capture's clock.</summary>
    public long PacketsPerSecond { get; init; } = 1_000_000;

    public ulong Seed { get; init; } = 1;

    internal int LargestPacket => Mtu ?? Math.Max(TunnelMtu, FrameSize - FrameOverhead);
}

/// <summary>Shares of flows in percent.</summary>
public readonly record struct TrafficMix(int Tcp, int Udp, int Dns, int Scan)
{
    public int Sum => Tcp + Udp + Dns + Scan;
}

/// <summary>What was written.</summary>
public sealed record TrafficReport
{
    public int SchemaVersion { get; init; } = 1;

    /// <summary>Made by pods; in the capture, unless it holds what is between nodes.</summary>
    public long Packets { get; init; }

    /// <summary>In the capture.</summary>
    public long FramesWritten { get; init; }

    /// <summary>Of those, encapsulated ones.</summary>
    public long Encapsulated { get; init; }

    /// <summary>Under which the frames between nodes were made; null: there are none.</summary>
    public string? Cni { get; init; }

    /// <summary>Of all packets, without the capture's own headers.</summary>
    public long Bytes { get; init; }

    public long FileBytes { get; init; }

    public long Connections { get; init; }

    public long TcpPackets { get; init; }

    public long UdpPackets { get; init; }

    public long DnsPackets { get; init; }

    public long ScanPackets { get; init; }

    public long Ipv6Packets { get; init; }

    public long ReplyPackets { get; init; }

    public double CaptureSeconds { get; init; }

    public double ElapsedSeconds { get; init; }

    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Objects of the manifests that could not be used.</summary>
    public ImmutableArray<string> Damage { get; init; } = [];
}
