using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>Compiles the target of one rule.</summary>
internal sealed class TargetCompiler(CompiledParts parts, string table, IptablesRule rule, byte protocol)
{
    private static readonly Dictionary<string, RejectWith> RejectsV4 = new(StringComparer.Ordinal)
    {
        ["icmp-net-unreachable"] = RejectWith.NetUnreachable,
        ["net-unreach"] = RejectWith.NetUnreachable,
        ["icmp-host-unreachable"] = RejectWith.HostUnreachable,
        ["host-unreach"] = RejectWith.HostUnreachable,
        ["icmp-proto-unreachable"] = RejectWith.ProtocolUnreachable,
        ["proto-unreach"] = RejectWith.ProtocolUnreachable,
        ["icmp-port-unreachable"] = RejectWith.PortUnreachable,
        ["port-unreach"] = RejectWith.PortUnreachable,
        ["icmp-net-prohibited"] = RejectWith.NetProhibited,
        ["net-prohib"] = RejectWith.NetProhibited,
        ["icmp-host-prohibited"] = RejectWith.HostProhibited,
        ["host-prohib"] = RejectWith.HostProhibited,
        ["icmp-admin-prohibited"] = RejectWith.AdministrativelyProhibited,
        ["admin-prohib"] = RejectWith.AdministrativelyProhibited,
        ["tcp-reset"] = RejectWith.TcpReset,
        ["tcp-rst"] = RejectWith.TcpReset,
    };

    private static readonly Dictionary<string, RejectWith> RejectsV6 = new(StringComparer.Ordinal)
    {
        ["icmp6-no-route"] = RejectWith.NoRoute,
        ["no-route"] = RejectWith.NoRoute,
        ["icmp6-adm-prohibited"] = RejectWith.AdministrativelyProhibited,
        ["adm-prohibited"] = RejectWith.AdministrativelyProhibited,
        ["icmp6-addr-unreachable"] = RejectWith.AddressUnreachable,
        ["addr-unreach"] = RejectWith.AddressUnreachable,
        ["icmp6-port-unreachable"] = RejectWith.PortUnreachable,
        ["port-unreach"] = RejectWith.PortUnreachable,
        ["icmp6-policy-fail"] = RejectWith.PolicyFail,
        ["policy-fail"] = RejectWith.PolicyFail,
        ["icmp6-reject-route"] = RejectWith.RejectRoute,
        ["reject-route"] = RejectWith.RejectRoute,
        ["tcp-reset"] = RejectWith.TcpReset,
    };

    public RuleAction Compile(ChainStarts chains)
    {
        if (rule.IsGoto && Vocabulary.IsTarget(rule.Target!)) throw Error($"-g {rule.Target}: not a chain");

        switch (rule.Target)
        {
            case null or "LOG": return new RuleAction { Kind = ActionKind.Continue };
            case "ACCEPT": return new RuleAction { Kind = ActionKind.Accept };
            case "DROP": return new RuleAction { Kind = ActionKind.Drop };
            case "RETURN": return new RuleAction { Kind = ActionKind.Return };
            case "TRACE": return In("raw", new RuleAction { Kind = ActionKind.Continue });
            case "NOTRACK": return In("raw", new RuleAction { Kind = ActionKind.NoTrack });
            case "CT" when Has("--notrack"): return In("raw", new RuleAction { Kind = ActionKind.NoTrack });
            case "CT": throw Error("target CT is modelled with --notrack only");
            case "REJECT": return In("filter", CompileReject());
            case "DNAT": return CompileNat(NatKind.Destination, "--to-destination");
            case "SNAT": return CompileNat(NatKind.Source, "--to-source");
            case "MASQUERADE": return CompileNat(NatKind.Masquerade, null);
            case "REDIRECT": return CompileNat(NatKind.Redirect, null);
            case "MARK": return CompileMark(ActionKind.Mark);
            case "CONNMARK": return CompileConnectionMark();
            case "TCPMSS": return CompileSegmentSize();
            default:
                return new RuleAction
                {
                    Kind = rule.IsGoto ? ActionKind.Goto : ActionKind.Jump,
                    Argument = chains.Of(rule.Target),
                };
        }
    }

    private RuleAction CompileReject()
    {
        Dictionary<string, RejectWith> names = parts.Family == 4 ? RejectsV4 : RejectsV6;
        RejectWith reject = RejectWith.PortUnreachable;
        if (Value("--reject-with") is { } text && !names.TryGetValue(text, out reject))
            throw Error($"--reject-with {Quoting.Excerpt(text)} is not modelled for IPv{parts.Family}");
        if (reject == RejectWith.TcpReset && protocol != IpProtocol.Tcp)
            throw Error("--reject-with tcp-reset needs -p tcp");

        return new RuleAction { Kind = ActionKind.Reject, Reject = reject };
    }

    private RuleAction CompileNat(NatKind kind, string? option)
    {
        NatRequest nat = new() { Kind = kind };
        if (Has("--random")) nat.Options |= NatOptions.Random;
        if (Has("--random-fully")) nat.Options |= NatOptions.RandomFully;
        if (Has("--persistent")) nat.Options |= NatOptions.Persistent;
        if (option is not null)
            ReadTarget(option, Value(option) ?? throw Error($"target {rule.Target} needs {option}"), ref nat);
        else if (Value("--to-ports") is { } ports) ReadPorts("--to-ports", ports, ref nat);

        parts.Nats.Add(nat);
        return In("nat", new RuleAction { Kind = ActionKind.Nat, Argument = parts.Nats.Count - 1 });
    }

    /// <summary><c>10.0.0.1</c>, <c>10.0.0.1-10.0.0.9:80-90</c>, <c>:80</c>, <c>[fd00::1]:80</c>.</summary>
    private void ReadTarget(string option, string text, ref NatRequest nat)
    {
        int colon = parts.Family == 4 ? text.IndexOf(':') : text.IndexOf("]:", StringComparison.Ordinal) + 1;
        bool hasPorts = parts.Family == 4
            ? colon >= 0
            : colon > 0 || text.StartsWith(':') && !text.StartsWith("::", StringComparison.Ordinal);
        string addresses = hasPorts ? text[..colon] : text;
        if (hasPorts) ReadPorts(option, text[(colon + 1)..], ref nat);
        if (addresses.Length == 0 && hasPorts) return;

        string bare = parts.Family == 4
            ? addresses
            : addresses.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        if (!RuleValues.TryAddressRange(bare, parts.Family, out AddressPair range))
            throw Error($"{option} {Quoting.Excerpt(text)}: not an IPv{parts.Family} address with ports");

        nat.Options |= NatOptions.HasAddress;
        (nat.FirstAddress, nat.LastAddress) = (range.First, range.Second);
    }

    private void ReadPorts(string option, string text, ref NatRequest nat)
    {
        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp or IpProtocol.Icmp or IpProtocol.Icmpv6
            or 33 or 136))
            throw Error($"{option} with a port needs -p with tcp, udp, udplite, dccp or sctp");
        if (!RuleValues.TryPorts(text, out nat.FirstPort, out nat.LastPort, '-') || nat.FirstPort == 0)
            throw Error($"{option} {Quoting.Excerpt(text)}: not a port or a range of ports");

        nat.Options |= NatOptions.HasPorts;
    }

    /// <summary>All forms become value and mask of <c>mark = (mark &amp; ~mask) ^ value</c>.</summary>
    private RuleAction CompileMark(ActionKind kind)
    {
        if (rule.TargetOptions.Count != 1) throw Error($"target {rule.Target} takes one option");

        IptablesOption option = rule.TargetOptions[0];
        if (!RuleValues.TryMark(option.Value!, out uint value, out uint mask))
            throw Error($"{option.Name} {Quoting.Excerpt(option.Value!)}: not a mark");

        parts.Marks.Add(option.Name switch
        {
            "--set-xmark" => (value, mask),
            "--set-mark" => (value, value | mask),
            "--and-mark" => (0, ~value),
            "--or-mark" => (value, value),
            _ => (value, 0),
        });
        return new RuleAction { Kind = kind, Argument = parts.Marks.Count - 1 };
    }

    private RuleAction CompileConnectionMark()
    {
        bool saves = Has("--save-mark");
        if (!saves && !Has("--restore-mark")) return CompileMark(ActionKind.ConnectionMarkSet);
        if (saves && Has("--restore-mark")) throw Error("--save-mark and --restore-mark exclude each other");

        uint both = MaskOf("--mask", uint.MaxValue);
        parts.Marks.Add((MaskOf("--nfmask", both), MaskOf("--ctmask", both)));
        return new RuleAction
        {
            Kind = saves ? ActionKind.ConnectionMarkSave : ActionKind.ConnectionMarkRestore,
            Argument = parts.Marks.Count - 1,
        };
    }

    private uint MaskOf(string option, uint otherwise)
    {
        if (Value(option) is not { } text) return otherwise;
        return RuleValues.TryNumber(text, out uint mask) ? mask : throw Error(
            $"{option} {Quoting.Excerpt(text)}: not a mask");
    }

    private RuleAction CompileSegmentSize()
    {
        if (protocol != IpProtocol.Tcp) throw Error("target TCPMSS needs -p tcp");
        if (Has("--clamp-mss-to-pmtu") == Has("--set-mss"))
            throw Error("target TCPMSS takes --set-mss or --clamp-mss-to-pmtu");

        ushort size = NetfilterOutcome.ClampToPath;
        if (Value("--set-mss") is { } text
            && (!RuleValues.TryPort(text, out size) || size is 0 or NetfilterOutcome.ClampToPath))
            throw Error($"--set-mss {Quoting.Excerpt(text)}: not a segment size");

        return new RuleAction { Kind = ActionKind.SegmentSize, Argument = size };
    }

    private RuleAction In(string only, RuleAction action) =>
        table == only ? action : throw Error($"target {rule.Target} belongs in table {only}, not in {table}");

    private bool Has(string option) => IndexOf(option) >= 0;

    private string? Value(string option)
    {
        int index = IndexOf(option);
        return index < 0 ? null : rule.TargetOptions[index].Value;
    }

    private int IndexOf(string option)
    {
        for (int index = 0; index < rule.TargetOptions.Count; index++)
        {
            if (rule.TargetOptions[index].Name == option) return index;
        }

        return -1;
    }

    private InvalidDataException Error(string what) => parts.Error(rule.Line, what);
}
