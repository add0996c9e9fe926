using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Policies;

/// <summary>A cluster with policies, and flows of which somebody else says whether they get through.</summary>
internal sealed record PolicyCase(string Name, ClusterSnapshot Snapshot, ImmutableArray<ExpectedFlow> Flows)
{
    public override string ToString() => Name;
}

/// <summary>The first packet of a connection, as it is behind translation of its destination.</summary>
internal readonly record struct PolicyFlow(FlowEnd Source, FlowEnd Destination, byte Protocol, ushort Port)
{
    public string In(ClusterSnapshot snapshot) =>
        $"{Source.In(snapshot)} -> {Destination.In(snapshot)}:{Port}/{Protocol}";
}

/// <summary>A pod with the address that is used, or an address alone.</summary>
/// <param name="Pod">Position in the snapshot's pods; −1 where it is none.</param>
/// <param name="Address">Of the same family at both ends of a flow.</param>
internal readonly record struct FlowEnd(int Pod, IpAddress Address)
{
    public const int NoPod = -1;

    public static FlowEnd Outside(IpAddress address) => new(NoPod, address);

    public string In(ClusterSnapshot snapshot) => Pod < 0 ? Address.ToString() : $"{snapshot.Pods[Pod]}({Address})";
}

internal readonly record struct ExpectedFlow(PolicyFlow Flow, bool IsAllowed);
