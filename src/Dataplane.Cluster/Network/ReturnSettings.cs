using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Network;

/// <summary>
/// Direct server return: a node that passes on what the outside asked tells the frontend to the backend's node.
/// </summary>
/// <param name="Source">Where that stands.</param>
public sealed record ReturnSettings(SourceLine Source)
{
    /// <summary>In a Geneve option around the packet; otherwise in an option of the packet itself.</summary>
    public required bool IsByGeneve { get; init; }

    /// <summary>TCP alone; other protocols' sources are translated.</summary>
    public bool IsTcpOnly { get; init; }

    /// <summary>Clients are told by ICMP what fits beside the option.</summary>
    public bool TellsMtu { get; init; }
}
