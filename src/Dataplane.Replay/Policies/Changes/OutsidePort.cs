using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>A port outside that is asked about.</summary>
/// <param name="Asked">The port itself; of those that no rule names, one.</param>
/// <param name="Shown">The same; of those that no rule names, their protocol and 0.</param>
/// <param name="Name"><c>443/tcp</c>, <c>other tcp ports</c>.</param>
internal sealed record OutsidePort(ReachPort Asked, ReachPort Shown, string Name)
{
    private static readonly byte[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    public bool IsOther => Shown.Port == 0;

    public static OutsidePort Of(ReachPort port) => new(port, port, port.ToString());

    /// <summary>
    /// Those that rules about addresses name, the ends of their ranges, and one more of each protocol.
    /// </summary>
    public static ImmutableArray<OutsidePort> Of(IEnumerable<CompiledRule> rules)
    {
        PortMatch[] named =
        [
            .. rules.Where(rule => rule.Direction == PolicyDirection.Egress && !rule.PeerBlocks.IsEmpty)
                .SelectMany(rule => rule.Ports)
                .Where(port => port.Name is null && port is not { First: 0, Last: ushort.MaxValue }),
        ];
        return [.. Protocols.SelectMany(protocol =>
            Of(protocol, [.. named.Where(port => port.Protocol == 0 || port.Protocol == protocol)]))];
    }

    private static IEnumerable<OutsidePort> Of(byte protocol, PortMatch[] named)
    {
        IEnumerable<ushort> ends = named.SelectMany(port => new[] { port.First, port.Last })
            .Where(port => port > 0).Distinct().Order();
        foreach (ushort end in ends) yield return Of(new ReachPort(protocol, end));

        int free = Enumerable.Range(1, ushort.MaxValue)
            .FirstOrDefault(port => !named.Any(match => port >= match.First && port <= match.Last));
        if (free == 0) yield break;

        string name = Wording.Protocol(protocol);
        yield return new OutsidePort(
            new ReachPort(protocol, (ushort)free), new ReachPort(protocol, 0),
            named.Length == 0 ? $"any {name} port" : $"other {name} ports");
    }
}
