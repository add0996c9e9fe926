using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>Ports by name: the destination pod's containers say which protocol and number a name is.</summary>
internal static class NamedPorts
{
    /// <summary>What the name is in pods of the identity; mostly one port or none.</summary>
    public static IEnumerable<PortMatch> Resolve(PolicyIdentity destination, PortMatch port) =>
        destination.NamedPorts.Where(named => Matches(named, port))
            .Select(named => new PortMatch(named.Protocol, named.Port, named.Port, null)).Distinct();

    private static bool Matches(ContainerPort named, PortMatch port) =>
        (port.Protocol == 0 || named.Protocol == port.Protocol)
        && string.Equals(named.Name, port.Name, StringComparison.Ordinal);
}
