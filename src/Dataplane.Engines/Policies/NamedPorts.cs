using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>Ports by name: the destination pod's containers say which number a name is.</summary>
internal static class NamedPorts
{
    /// <summary>The numbers that the name has in pods of the identity, for the protocol; mostly one or none.</summary>
    public static IEnumerable<ushort> NumbersOf(PolicyIdentity destination, PortMatch port) =>
        destination.NamedPorts.Where(named => Matches(named, port)).Select(named => named.Port).Distinct();

    public static bool Matches(ContainerPort named, PortMatch port) =>
        named.Protocol == port.Protocol && string.Equals(named.Name, port.Name, StringComparison.Ordinal);
}
