using System.Runtime.Intrinsics;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>
/// Compiles the header and the matches of one rule: what fits goes into the key, the rest into rarer matches. Once a
/// match remembers something or draws, what follows stays behind it, for the kernel asks in the order of the rule.
/// </summary>
internal sealed partial class MatchCompiler(CompiledParts parts, IpsetCompiler sets, IptablesRule rule)
{
    private Vector128<uint> _value;
    private Vector128<uint> _mask;
    private bool _isOrdered;
    private byte _protocol;

    /// <summary>Adds the rule's key and its rarer matches; the protocol that <c>-p</c> names, or 0.</summary>
    public byte Compile(out int firstMatch, out int matchCount)
    {
        firstMatch = parts.Matches.Count;
        for (int index = 0; index < rule.Header.Count; index++) CompileHeader(rule.Header[index]);
        for (int index = 0; index < rule.Matches.Count; index++) Compile(rule.Matches[index]);

        parts.Keys.Add(new RuleKey { Value = _value, Mask = _mask });
        matchCount = parts.Matches.Count - firstMatch;
        if (matchCount > ushort.MaxValue) throw Error("more matches than any rule has");
        return _protocol;
    }

    private void CompileHeader(in IptablesOption option)
    {
        switch (option.Name)
        {
            case "-s":
                CompileAddress(in option, RuleKey.SourceWord, MatchKind.SourcePrefix);
                break;
            case "-d":
                CompileAddress(in option, RuleKey.DestinationWord, MatchKind.DestinationPrefix);
                break;
            case "-i":
                CompileInterface(in option, RuleKey.InShift, MatchKind.InInterface, MatchKind.InInterfacePattern);
                break;
            case "-o":
                CompileInterface(in option, RuleKey.OutShift, MatchKind.OutInterface, MatchKind.OutInterfacePattern);
                break;
            case "-p":
                CompileProtocol(in option);
                break;
            case "-f" when parts.Family == 4:
                Pin(RuleKey.RestWord, RuleKey.LaterFragmentBit << RuleKey.StateShift,
                    option.IsNegated ? 0 : RuleKey.LaterFragmentBit << RuleKey.StateShift);
                break;
            default:
                throw Error($"option {option.Name} is not modelled for IPv{parts.Family}");
        }
    }

    private void CompileProtocol(in IptablesOption option)
    {
        if (!RuleValues.TryProtocol(option.Value!, out byte protocol)) throw BadValue(in option, "a protocol");
        if (option.IsNegated)
        {
            if (protocol == 0) throw Error("! -p all matches nothing: the kernel refuses it");
            Rare(MatchKind.Protocol, isNegated: true, protocol);
            return;
        }

        _protocol = protocol;
        if (protocol != 0) Pin(RuleKey.RestWord, 0xff, protocol);
    }

    private void CompileAddress(in IptablesOption option, int word, MatchKind kind)
    {
        if (!RuleValues.TryMasked(option.Value!, parts.Family, out AddressPair masked))
            throw BadValue(in option, $"an IPv{parts.Family} address or prefix");
        if (masked.Second == 0 && !option.IsNegated) return;

        bool isWhole = masked.Second == UInt128.MaxValue;
        bool isPinned = !option.IsNegated && (parts.Family == 4 || isWhole)
            && TryPin(word, parts.Family == 4 ? (uint)masked.Second : uint.MaxValue,
                RuleKey.Fold(masked.First, parts.Family));
        if (isPinned && parts.Family == 4) return;

        Rare(kind, option.IsNegated, (uint)parts.Addresses.Count);
        parts.Addresses.Add(masked);
    }

    private void CompileInterface(in IptablesOption option, int shift, MatchKind exact, MatchKind pattern)
    {
        string name = option.Value!;
        if (name.Length is 0 or > 15 || name.Contains('/') || name.AsSpan().ContainsAny(" \t"))
            throw BadValue(in option, "an interface's name");

        if (name.EndsWith('+'))
        {
            if (name == "+" && !option.IsNegated) return;

            Rare(pattern, option.IsNegated, (uint)parts.Pattern(name[..^1]));
            return;
        }

        ushort number = parts.Interfaces.NumberOf(name);
        byte hot = option.IsNegated || shift < 0 ? (byte)0 : parts.HotInterface(number);
        if (hot == 0 || !TryPin(RuleKey.RestWord, 0xffu << shift, (uint)hot << shift))
            Rare(exact, option.IsNegated, number);
    }

    private void CompilePorts(in IptablesOption option, int shift, MatchKind kind)
    {
        if (!RuleValues.TryPorts(option.Value, out ushort first, out ushort last))
            throw BadValue(in option, "a port or a range of ports");

        bool isExact = first == last && !option.IsNegated && shift >= 0;
        if (isExact && TryPin(RuleKey.PortWord, 0xffffu << shift, (uint)first << shift)) return;

        Rare(kind, option.IsNegated, first, last);
    }

    private void CompileStates(uint states, bool isNegated)
    {
        bool hasTranslations = (states & ~RuleKey.StateBits) != 0;
        uint forbidden = isNegated ? states : ~states & RuleKey.StateBits;
        if (hasTranslations || !TryPin(RuleKey.RestWord, forbidden << RuleKey.StateShift, 0))
            Rare(MatchKind.State, isNegated, states);
    }

    /// <summary>False where the order forbids it, or another value stands there already.</summary>
    private bool TryPin(int word, uint mask, uint value)
    {
        if (_isOrdered) return false;

        uint taken = _mask[word] & mask;
        if (((_value[word] ^ value) & taken) != 0) return false;

        Pin(word, mask, value);
        return true;
    }

    private void Pin(int word, uint mask, uint value)
    {
        _mask = _mask.WithElement(word, _mask[word] | mask);
        _value = _value.WithElement(word, _value[word] | value & mask);
    }

    private void Rare(
        MatchKind kind, bool isNegated, uint first = 0, uint second = 0, bool hasState = false, byte limit = 0) =>
        parts.Matches.Add(new RareMatch
        {
            Kind = kind,
            IsNegated = isNegated,
            First = first,
            Second = second,
            HasState = hasState,
            Limit = limit,
        });

    private InvalidDataException BadValue(in IptablesOption option, string wanted) =>
        Error($"{option.Name} {Quoting.Excerpt(option.Value!)}: not {wanted}");

    private InvalidDataException Error(string what) => parts.Error(rule.Line, what);
}
