using Dataplane.Wire;

namespace Dataplane.Engines.Iptables;

/// <summary>Matches behind a rule's key, asked in order until one says no.</summary>
public sealed partial class NetfilterRules
{
    private bool AllMatch<TDraw>(
        int rule,
        in RuleAction action,
        in NetfilterPacket packet,
        NetfilterState state,
        ref TDraw draw,
        uint mark,
        uint connectionMark)
        where TDraw : struct, INetfilterDraw
    {
        int end = action.FirstMatch + action.MatchCount;
        for (int index = action.FirstMatch; index < end; index++)
        {
            ref readonly RareMatch match = ref _matches[index];
            bool isMatch = match.Kind switch
            {
                MatchKind.Mark => IsMarked(in match, mark),
                MatchKind.ConnectionMark => HasConnection(in packet) && IsMarked(in match, connectionMark),
                MatchKind.Random => draw.Decide(rule, match.First) ^ match.IsNegated,
                MatchKind.Nth => IsTurn(ref state.Counts[match.Second], match.First) ^ match.IsNegated,
                MatchKind.Recent => AskRecent(in match, in packet, state),
                MatchKind.Limit => Limits[match.First].Ask(ref state.Limits[match.First], packet.Now),
                >= MatchKind.OriginalSourcePrefix and <= MatchKind.OriginalDestinationPrefix
                    or MatchKind.OriginalSourcePort or MatchKind.OriginalDestinationPort
                    or MatchKind.ConnectionProtocol or MatchKind.Reply => AskConnection(in match, in packet),
                _ => Holds(in match, in packet) ^ match.IsNegated,
            };
            if (!isMatch) return false;
        }

        return true;
    }

    private bool Holds(in RareMatch match, in NetfilterPacket packet) => match.Kind switch
    {
        MatchKind.SourcePrefix => _addresses[match.First].IsPrefixOf(packet.Source),
        MatchKind.DestinationPrefix => _addresses[match.First].IsPrefixOf(packet.Destination),
        MatchKind.SourceRange => _addresses[match.First].IsRangeAround(packet.Source),
        MatchKind.DestinationRange => _addresses[match.First].IsRangeAround(packet.Destination),
        MatchKind.Protocol => packet.Protocol == match.First,
        MatchKind.SourcePort => IsIn(in match, packet.SourcePort),
        MatchKind.DestinationPort => IsIn(in match, packet.DestinationPort),
        MatchKind.SourcePorts or MatchKind.DestinationPorts or MatchKind.EitherPorts =>
            IsAmongPorts(in match, in packet),
        MatchKind.LaterFragment => (packet.Facts & PacketFacts.IsLaterFragment) != 0,
        MatchKind.State => ((uint)packet.State & match.First) != 0,
        MatchKind.SourceType => IsOfType(in match, packet.SourceType, packet.SourceOwner, in packet),
        MatchKind.DestinationType => IsOfType(in match, packet.DestinationType, packet.DestinationOwner, in packet),
        MatchKind.Set => _sets[match.First].Contains(in packet),
        MatchKind.TcpFlags => (packet.TcpFlags & match.First) == match.Second,
        MatchKind.TcpOption => (packet.TcpOptions >> (int)match.First & 1) != 0,
        MatchKind.Icmp => IsIcmp(in match, in packet),
        MatchKind.Length => packet.Length >= match.First && packet.Length <= match.Second,
        _ => IsAtInterface(in match, in packet),
    };

    private bool IsAtInterface(in RareMatch match, in NetfilterPacket packet) => match.Kind switch
    {
        MatchKind.InInterface => packet.InInterface == match.First,
        MatchKind.OutInterface => packet.OutInterface == match.First,
        MatchKind.InPort => packet.InPort == match.First,
        MatchKind.OutPort => packet.OutPort == match.First,
        MatchKind.InInterfacePattern => IsLike(match.First, packet.InInterface),
        MatchKind.OutInterfacePattern => IsLike(match.First, packet.OutInterface),
        MatchKind.InPortPattern => IsLike(match.First, packet.InPort),
        MatchKind.OutPortPattern => IsLike(match.First, packet.OutPort),
        MatchKind.HasInPort => packet.InPort != 0,
        MatchKind.HasOutPort => packet.OutPort != 0,
        _ => (packet.Facts & PacketFacts.IsBridged) != 0,
    };

    private bool IsLike(uint pattern, ushort number) => (_patterns[pattern][number >> 6] >> number & 1) != 0;

    /// <summary>
    /// Without a connection <c>xt_conntrack</c> says what <c>--ctstate</c> said, and no where that was not asked.
    /// </summary>
    private bool AskConnection(in RareMatch match, in NetfilterPacket packet)
    {
        if (!HasConnection(in packet)) return match.HasState;

        bool holds = match.Kind switch
        {
            MatchKind.OriginalSourcePrefix => _addresses[match.First].IsPrefixOf(packet.OriginalSource),
            MatchKind.OriginalDestinationPrefix => _addresses[match.First].IsPrefixOf(packet.OriginalDestination),
            MatchKind.OriginalSourcePort => IsIn(in match, packet.OriginalSourcePort),
            MatchKind.OriginalDestinationPort => IsIn(in match, packet.OriginalDestinationPort),
            MatchKind.ConnectionProtocol => packet.Protocol == match.First,
            _ => (packet.Facts & PacketFacts.IsReply) != 0,
        };
        return holds ^ match.IsNegated;
    }

    private bool AskRecent(in RareMatch match, in NetfilterPacket packet, NetfilterState state)
    {
        RecentRule recent = _recents[match.First];
        UInt128 address = recent.IsDestination ? packet.Destination : packet.Source;
        return state.Recent.Ask(recent, address, match.IsNegated, packet.Now);
    }

    private bool IsAmongPorts(in RareMatch match, in NetfilterPacket packet)
    {
        if ((packet.Facts & PacketFacts.IsLaterFragment) != 0) return match.IsNegated;

        for (uint index = match.First; index < match.Second; index += 2)
        {
            ushort first = _ports[index];
            ushort last = _ports[index + 1];
            if (match.Kind != MatchKind.DestinationPorts && packet.SourcePort >= first && packet.SourcePort <= last)
                return true;
            if (match.Kind != MatchKind.SourcePorts && packet.DestinationPort >= first
                && packet.DestinationPort <= last)
                return true;
        }

        return false;
    }

    private static bool IsMarked(in RareMatch match, uint mark) =>
        ((mark & match.Second) == match.First) ^ match.IsNegated;

    private static bool HasConnection(in NetfilterPacket packet) =>
        (packet.State & (ConnectionStates.Invalid | ConnectionStates.Untracked)) == 0;

    private static bool IsIn(in RareMatch match, ushort port) => port >= match.First && port <= match.Second;

    /// <summary><c>inet_dev_addr_type</c>: an address of another interface than the one asked for is unicast.</summary>
    private static bool IsOfType(in RareMatch match, AddressTypes type, ushort owner, in NetfilterPacket packet)
    {
        ushort wanted = match.Limit switch
        {
            1 => packet.InInterface,
            2 => packet.OutInterface,
            _ => owner,
        };
        if (owner != wanted && owner != 0) type = AddressTypes.Unicast;
        return ((uint)type & match.First) != 0;
    }

    private static bool IsIcmp(in RareMatch match, in NetfilterPacket packet)
    {
        if ((packet.Facts & PacketFacts.IsLaterFragment) != 0) return match.IsNegated;
        if (match.First > byte.MaxValue) return true;

        return packet.IcmpType == match.First && packet.IcmpCode >= (match.Second & 0xff)
            && packet.IcmpCode <= match.Second >> 8;
    }

    /// <summary>
    /// <c>xt_statistic</c>: counts to <paramref name="last"/> and begins again at 0, when it matches.
    /// </summary>
    private static bool IsTurn(ref uint count, uint last)
    {
        count = count == last ? 0 : count + 1;
        return count == 0;
    }
}
