using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>One direction of one connection, in the model's terms: what an explanation is given for.</summary>
public readonly record struct PolicyQuestion
{
    public required PolicyDirection Direction { get; init; }

    /// <summary>Identity of the pod that is judged: source of egress, destination of ingress.</summary>
    public required int Subject { get; init; }

    /// <summary>Identity of the other side; −1 where it is no pod with one.</summary>
    public required int Peer { get; init; }

    /// <summary>
    /// Position in the snapshot's pods of the pod that is judged, where one is meant: sentences name it.
    /// </summary>
    public int? SubjectPod { get; init; }

    /// <summary>The same of the other side.</summary>
    public int? PeerPod { get; init; }

    /// <summary>The other side's address.</summary>
    public required IpAddress PeerAddress { get; init; }

    /// <summary>Egress to where the network of pods is not.</summary>
    public bool LeavesCluster { get; init; }

    public required byte Protocol { get; init; }

    /// <summary>Destination port behind translation; 0 for protocols that have none.</summary>
    public required ushort Port { get; init; }

    /// <summary>Identity of the destination, which resolves the names of ports.</summary>
    public int Destination => Direction == PolicyDirection.Ingress ? Subject : Peer;
}
