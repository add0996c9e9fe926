using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>Matches, module by module.</summary>
internal sealed partial class MatchCompiler
{
    private static readonly Dictionary<string, uint> StateNames = new(StringComparer.Ordinal)
    {
        ["NEW"] = (uint)ConnectionStates.New,
        ["ESTABLISHED"] = (uint)ConnectionStates.Established,
        ["RELATED"] = (uint)ConnectionStates.Related,
        ["INVALID"] = (uint)ConnectionStates.Invalid,
        ["UNTRACKED"] = (uint)ConnectionStates.Untracked,
    };

    private static readonly Dictionary<string, uint> StatesAndTranslations = new(StateNames, StringComparer.Ordinal)
    {
        ["SNAT"] = (uint)ConnectionStates.SourceTranslated,
        ["DNAT"] = (uint)ConnectionStates.DestinationTranslated,
    };

    private static readonly Dictionary<string, uint> AddressTypeNames =
        Enum.GetValues<AddressTypes>().Where(static type => type != AddressTypes.None).ToDictionary(
            static type => type == AddressTypes.Unspecified ? "UNSPEC" : type.ToString().ToUpperInvariant(),
            static type => (uint)type,
            StringComparer.Ordinal);

    private static readonly Dictionary<string, uint> TcpFlagNames = new(StringComparer.Ordinal)
    {
        ["FIN"] = 1,
        ["SYN"] = 2,
        ["RST"] = 4,
        ["PSH"] = 8,
        ["ACK"] = 16,
        ["URG"] = 32,
        ["ALL"] = 63,
        ["NONE"] = 0,
    };

    private void Compile(IptablesMatch match)
    {
        switch (match.Name)
        {
            case "comment": break;
            case "tcp": CompileTransport(match, IpProtocol.Tcp); break;
            case "udp": CompileTransport(match, IpProtocol.Udp); break;
            case "sctp": CompileTransport(match, IpProtocol.Sctp); break;
            case "icmp": CompileIcmp(match, 4, IpProtocol.Icmp); break;
            case "icmp6": CompileIcmp(match, 6, IpProtocol.Icmpv6); break;
            case "multiport": CompileMultiport(Only(match)); break;
            case "addrtype": CompileAddressType(match); break;
            case "mark": CompileMark(Only(match), MatchKind.Mark); break;
            case "connmark": CompileMark(Only(match), MatchKind.ConnectionMark); break;
            case "conntrack": CompileConntrack(match); break;
            case "state": CompileState(Only(match), StateNames); break;
            case "statistic": CompileStatistic(match); break;
            case "recent": CompileRecent(match); break;
            case "set": CompileSet(Only(match)); break;
            case "physdev": CompilePhysdev(match); break;
            case "limit": CompileLimit(match); break;
            case "length": CompileLength(Only(match)); break;
            case "iprange": CompileRange(match); break;
            default: throw Error($"match {match.Name} is not modelled");
        }
    }

    private void CompileTransport(IptablesMatch match, byte protocol)
    {
        if (_protocol != protocol) throw Error($"match {match.Name} needs -p {match.Name}");

        const uint laterFragment = RuleKey.LaterFragmentBit << RuleKey.StateShift;
        if (!TryPin(RuleKey.RestWord, laterFragment, 0)) Rare(MatchKind.LaterFragment, isNegated: true);
        foreach (IptablesOption option in match.Options)
        {
            switch (option.Name)
            {
                case "--sport":
                    CompilePorts(in option, 0, MatchKind.SourcePort);
                    break;
                case "--dport":
                    CompilePorts(in option, RuleKey.DestinationPortShift, MatchKind.DestinationPort);
                    break;
                case "--syn":
                    Rare(MatchKind.TcpFlags, option.IsNegated, 0x17, 0x02);
                    break;
                case "--tcp-flags":
                    if (!RuleValues.TryFlags(option.Value!, TcpFlagNames, out uint mask)
                        || !RuleValues.TryFlags(option.SecondValue!, TcpFlagNames, out uint set))
                        throw BadValue(in option, "two lists of TCP flags");
                    Rare(MatchKind.TcpFlags, option.IsNegated, mask, set);
                    break;
                default:
                    if (!RuleValues.TryNumber(option.Value, out uint kind) || kind > 63)
                        throw BadValue(in option, "a TCP option's number up to 63");
                    Rare(MatchKind.TcpOption, option.IsNegated, kind);
                    break;
            }
        }
    }

    private void CompileIcmp(IptablesMatch match, int family, byte protocol)
    {
        if (_protocol != protocol || parts.Family != family)
            throw Error($"match {match.Name} needs -p {(family == 4 ? "icmp" : "ipv6-icmp")}");
        if (match.Options.Count == 0) return;

        IptablesOption option = match.Options[0];
        if (!IcmpNames.TryParse(option.Value!, family, out (byte Type, byte First, byte Last) icmp))
            throw BadValue(in option, "an ICMP type");

        bool isAny = family == 4 && icmp.Type == 255;
        if (isAny && !option.IsNegated) return;
        Rare(MatchKind.Icmp, option.IsNegated, isAny ? 0x100u : icmp.Type, icmp.First | (uint)icmp.Last << 8);
    }

    private void CompileMultiport(in IptablesOption option)
    {
        if (_protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or 33 or 136))
            throw Error("match multiport needs -p with tcp, udp, udplite, dccp or sctp");

        int start = parts.Ports.Count;
        foreach (string part in option.Value!.Split(','))
        {
            if (!RuleValues.TryPorts(part, out ushort first, out ushort last))
                throw BadValue(in option, "a list of ports");
            parts.Ports.Add(first);
            parts.Ports.Add(last);
        }

        MatchKind kind = option.Name switch
        {
            "--sports" => MatchKind.SourcePorts,
            "--dports" => MatchKind.DestinationPorts,
            _ => MatchKind.EitherPorts,
        };
        Rare(kind, option.IsNegated, (uint)start, (uint)parts.Ports.Count);
    }

    private void CompileAddressType(IptablesMatch match)
    {
        bool limitsIn = match.Options.Any(static option => option.Name == "--limit-iface-in");
        bool limitsOut = match.Options.Any(static option => option.Name == "--limit-iface-out");
        if (limitsIn && limitsOut) throw Error("--limit-iface-in and --limit-iface-out exclude each other");

        byte limit = limitsIn ? (byte)1 : limitsOut ? (byte)2 : (byte)0;
        foreach (IptablesOption option in match.Options.Where(static option => option.Value is not null))
        {
            if (!RuleValues.TryFlags(option.Value!, AddressTypeNames, out uint types))
                throw BadValue(in option, "a list of address types");
            Rare(option.Name == "--src-type" ? MatchKind.SourceType : MatchKind.DestinationType,
                option.IsNegated, types, limit: limit);
        }
    }

    private void CompileMark(in IptablesOption option, MatchKind kind)
    {
        if (!RuleValues.TryMark(option.Value!, out uint value, out uint mask)) throw BadValue(in option, "a mark");
        Rare(kind, option.IsNegated, value, mask);
    }

    private void CompileState(in IptablesOption option, IReadOnlyDictionary<string, uint> names)
    {
        if (!RuleValues.TryFlags(option.Value!, names, out uint states))
            throw BadValue(in option, "a list of connection states");
        CompileStates(states, option.IsNegated);
    }

    private void CompileConntrack(IptablesMatch match)
    {
        if (match.Options.Count == 0) throw Error("match conntrack has no options");

        bool hasState = match.Options.Any(static option => option.Name == "--ctstate");
        foreach (IptablesOption option in match.Options.OrderBy(static option => option.Name != "--ctstate"))
        {
            switch (option.Name)
            {
                case "--ctstate":
                    CompileState(in option, StatesAndTranslations);
                    break;
                case "--ctdir":
                    if (option.Value is not ("ORIGINAL" or "REPLY")) throw BadValue(in option, "ORIGINAL or REPLY");
                    Rare(MatchKind.Reply, option.Value == "ORIGINAL", hasState: hasState);
                    break;
                case "--ctproto":
                    if (!RuleValues.TryProtocol(option.Value!, out byte protocol))
                        throw BadValue(in option, "a protocol");
                    Rare(MatchKind.ConnectionProtocol, option.IsNegated, protocol, hasState: hasState);
                    break;
                case "--ctorigsrc" or "--ctorigdst":
                    CompileOriginalAddress(in option, hasState);
                    break;
                default:
                    if (!RuleValues.TryPorts(option.Value, out ushort first, out ushort last))
                        throw BadValue(in option, "a port or a range of ports");
                    MatchKind kind = option.Name == "--ctorigsrcport"
                        ? MatchKind.OriginalSourcePort
                        : MatchKind.OriginalDestinationPort;
                    Rare(kind, option.IsNegated, first, last, hasState);
                    break;
            }
        }
    }

    private void CompileOriginalAddress(in IptablesOption option, bool hasState)
    {
        if (!RuleValues.TryMasked(option.Value!, parts.Family, out AddressPair masked))
            throw BadValue(in option, $"an IPv{parts.Family} address or prefix");

        MatchKind kind = option.Name == "--ctorigsrc"
            ? MatchKind.OriginalSourcePrefix
            : MatchKind.OriginalDestinationPrefix;
        Rare(kind, option.IsNegated, (uint)parts.Addresses.Count, hasState: hasState);
        parts.Addresses.Add(masked);
    }

    private void CompileStatistic(IptablesMatch match)
    {
        string? mode = Find(match, "--mode").Value;
        _isOrdered = true;
        if (mode == "random")
        {
            IptablesOption option = Find(match, "--probability");
            if (!double.TryParse(
                option.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double probability)
                || probability is < 0 or > 1)
                throw Error($"--probability {Quoting.Excerpt(option.Value ?? "")}: not a number from 0 to 1");

            Rare(MatchKind.Random, option.IsNegated,
                (uint)Math.Round(0x8000_0000u * probability, MidpointRounding.AwayFromZero));
        }
        else if (mode == "nth")
        {
            IptablesOption option = Find(match, "--every");
            if (!RuleValues.TryNumber(option.Value, out uint every) || every == 0)
                throw Error("--mode nth needs --every N, 1 or more");

            uint packet = 0;
            if (Find(match, "--packet").Value is { } text
                && (!RuleValues.TryNumber(text, out packet) || packet >= every))
                throw Error($"--packet {Quoting.Excerpt(text)}: not a number below --every {every}");

            Rare(MatchKind.Nth, option.IsNegated, every - 1, (uint)parts.NthStarts.Count);
            parts.NthStarts.Add(every - 1 - packet);
        }
        else
        {
            throw Error("--mode of match statistic is random or nth");
        }
    }

    private void CompileSet(in IptablesOption option)
    {
        _isOrdered = true;
        string[] directions = option.SecondValue!.Split(',');
        if (directions.Length > 6 || directions.Any(static direction => direction is not ("src" or "dst")))
            throw Error(
                $"--match-set {Quoting.Excerpt(option.Value!)} {Quoting.Excerpt(option.SecondValue)}: "
                + "not a list of src and dst");

        uint sources = 0;
        for (int index = 0; index < directions.Length; index++) sources |= directions[index] == "src" ? 1u << index : 0;

        Ipset set = sets.Find(option.Value!, rule.Line);
        if (set.Family != 0 && set.Family != parts.Family) throw Error($"set {option.Value} is of the other family");

        Rare(MatchKind.Set, option.IsNegated, (uint)parts.Sets.Count);
        parts.Sets.Add(new SetTest(set, sources, directions.Length));
    }

    private void CompilePhysdev(IptablesMatch match)
    {
        foreach (IptablesOption option in match.Options)
        {
            switch (option.Name)
            {
                case "--physdev-in":
                    CompileInterface(in option, -1, MatchKind.InPort, MatchKind.InPortPattern);
                    break;
                case "--physdev-out":
                    CompileInterface(in option, -1, MatchKind.OutPort, MatchKind.OutPortPattern);
                    break;
                case "--physdev-is-in":
                    Rare(MatchKind.HasInPort, option.IsNegated);
                    break;
                case "--physdev-is-out":
                    Rare(MatchKind.HasOutPort, option.IsNegated);
                    break;
                default:
                    Rare(MatchKind.IsBridged, option.IsNegated);
                    break;
            }
        }
    }

    private void CompileLength(in IptablesOption option)
    {
        if (!RuleValues.TryPorts(option.Value, out ushort first, out ushort last))
            throw BadValue(in option, "a length or a range of lengths");
        Rare(MatchKind.Length, option.IsNegated, first, last);
    }

    private void CompileRange(IptablesMatch match)
    {
        foreach (IptablesOption option in match.Options)
        {
            if (!RuleValues.TryAddressRange(option.Value!, parts.Family, out AddressPair range))
                throw BadValue(in option, $"a range of IPv{parts.Family} addresses");
            Rare(option.Name == "--src-range" ? MatchKind.SourceRange : MatchKind.DestinationRange,
                option.IsNegated, (uint)parts.Addresses.Count);
            parts.Addresses.Add(range);
        }
    }

    private IptablesOption Only(IptablesMatch match) =>
        match.Options.Count == 1 ? match.Options[0] : throw Error($"match {match.Name} takes one option");

    private static IptablesOption Find(IptablesMatch match, string name) =>
        match.Options.FirstOrDefault(option => option.Name == name);
}
