using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>
/// Compiles the sets of a dump, all of them: a set that is not modelled is an error even where no rule asks it.
/// </summary>
internal sealed class IpsetCompiler
{
    private static readonly Dictionary<string, IpsetPart[]> Types = new(StringComparer.Ordinal)
    {
        ["hash:ip"] = [IpsetPart.Address],
        ["hash:net"] = [IpsetPart.Prefix],
        ["hash:ip,port"] = [IpsetPart.Address, IpsetPart.Port],
        ["hash:ip,port,ip"] = [IpsetPart.Address, IpsetPart.Port, IpsetPart.Address],
        ["hash:ip,port,net"] = [IpsetPart.Address, IpsetPart.Port, IpsetPart.Prefix],
        ["hash:net,port"] = [IpsetPart.Prefix, IpsetPart.Port],
        ["hash:net,iface"] = [IpsetPart.Prefix, IpsetPart.Interface],
    };

    private readonly string _file;
    private readonly InterfaceNames _interfaces;
    private readonly Dictionary<string, Ipset> _sets = new(StringComparer.Ordinal);

    public IpsetCompiler(IptablesRuleset text, InterfaceNames interfaces)
    {
        _file = text.File;
        _interfaces = interfaces;
        foreach (IpsetText set in text.Sets.OrderBy(static set => set.Type == "list:set"))
            _sets.Add(set.Name, Compile(set));
    }

    public Ipset Find(string name, int line) =>
        _sets.TryGetValue(name, out Ipset? set)
            ? set
            : throw DumpError.At(
                _file, line, $"no set {Quoting.Excerpt(name)}: append the output of ipset save to the dump");

    private Ipset Compile(IpsetText set)
    {
        int family = CheckOptions(set);
        if (set.Type == "list:set") return CompileList(set);
        if (set.Type == "bitmap:port") return CompilePorts(set);
        if (!Types.TryGetValue(set.Type, out IpsetPart[]? parts))
            throw DumpError.At(_file, set.Line, $"set type {Quoting.Excerpt(set.Type)} is not modelled");

        HashIpset hash = new(family, parts, set.Members.Count);
        foreach (IpsetMember member in set.Members)
        {
            bool isExcluded = CheckOptions(in member, mayExclude: Array.IndexOf(parts, IpsetPart.Prefix) >= 0);
            IpsetKey key = ReadKey(in member, family, parts);
            key.IsExcluded = isExcluded;
            hash.Add(in key);
        }

        return hash;
    }

    private PortIpset CompilePorts(IpsetText set)
    {
        PortIpset ports = new();
        foreach (IpsetMember member in set.Members)
        {
            CheckOptions(in member, mayExclude: false);
            string text = member.Entry[(member.Entry.IndexOf(':') + 1)..];
            if (!RuleValues.TryPorts(text, out ushort first, out ushort last, '-')) throw BadEntry(in member, "a port");
            for (int port = first; port <= last; port++) ports.Add((ushort)port);
        }

        return ports;
    }

    private ListIpset CompileList(IpsetText set)
    {
        List<Ipset> members = [];
        foreach (IpsetMember member in set.Members)
        {
            CheckOptions(in member, mayExclude: false);
            Ipset found = Find(member.Entry, member.Line);
            if (found is ListIpset) throw BadEntry(in member, "a set that is no list");
            members.Add(found);
        }

        return new ListIpset(members);
    }

    private IpsetKey ReadKey(in IpsetMember member, int family, IpsetPart[] parts)
    {
        string[] texts = member.Entry.Split(',');
        if (texts.Length != parts.Length) throw BadEntry(in member, $"an entry of {parts.Length} parts");

        IpsetKey key = default;
        for (int part = 0; part < parts.Length; part++)
        {
            switch (parts[part])
            {
                case IpsetPart.Address:
                    if (!RuleValues.TryAddress(WithoutWholeLength(texts[part], family), family, out UInt128 address))
                        throw BadEntry(in member, $"an IPv{family} address");
                    if (part == 0) key.First = address;
                    else key.Second = address;
                    break;
                case IpsetPart.Prefix:
                    if (!RuleValues.TryMasked(texts[part], family, out AddressPair prefix))
                        throw BadEntry(in member, $"an IPv{family} prefix");
                    key.Prefix = prefix.First;
                    key.PrefixLength = (int)UInt128.PopCount(prefix.Second);
                    if (HashIpset.MaskOf(family, key.PrefixLength) != prefix.Second)
                        throw BadEntry(in member, $"an IPv{family} prefix");
                    break;
                case IpsetPart.Interface:
                    if (texts[part].StartsWith("physdev:", StringComparison.Ordinal))
                        throw BadEntry(in member, "an interface that is no bridge's port");
                    key.Interface = _interfaces.NumberOf(texts[part]);
                    break;
                default:
                    if (!TryPort(texts[part], out key.Port)) throw BadEntry(in member, "protocol:port");
                    break;
            }
        }

        return key;
    }

    /// <summary><c>tcp:80</c>, <c>icmp:8/0</c>; a bare number is TCP's.</summary>
    private static bool TryPort(string text, out uint port)
    {
        port = 0;
        int colon = text.IndexOf(':');
        byte protocol = IpProtocol.Tcp;
        if (colon >= 0 && !RuleValues.TryProtocol(text[..colon], out protocol)) return false;

        string number = text[(colon + 1)..];
        ushort value;
        if (protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            int family = protocol == IpProtocol.Icmp ? 4 : 6;
            if (!IcmpNames.TryParse(number, family, out (byte Type, byte First, byte Last) icmp)) return false;
            value = (ushort)(icmp.Type << 8 | icmp.First);
        }
        else if (!RuleValues.TryPort(number, out value))
        {
            return false;
        }

        port = (uint)protocol << 16 | value;
        return true;
    }

    private static string WithoutWholeLength(string text, int family)
    {
        string whole = family == 4 ? "/32" : "/128";
        return text.EndsWith(whole, StringComparison.Ordinal) ? text[..^whole.Length] : text;
    }

    /// <summary>Options that change no answer are passed over; the family is what remains.</summary>
    private int CheckOptions(IpsetText set)
    {
        int family = 4;
        for (int index = 0; index < set.Options.Count; index++)
        {
            string option = set.Options[index];
            if (option is "counters" or "comment" or "skbinfo" or "forceadd") continue;

            string value = ++index < set.Options.Count ? set.Options[index] : "";
            bool isKnown = option switch
            {
                "family" => value is "inet" or "inet6",
                "hashsize" or "maxelem" or "bucketsize" or "initval" or "range" or "size" => value.Length > 0,
                "timeout" => value == "0",
                _ => false,
            };
            if (!isKnown)
                throw DumpError.At(_file, set.Line,
                    $"option {Quoting.Excerpt($"{option} {value}".TrimEnd())} of a set is not modelled");
            if (option == "family") family = value == "inet6" ? 6 : 4;
        }

        return family;
    }

    private bool CheckOptions(in IpsetMember member, bool mayExclude)
    {
        bool isExcluded = false;
        for (int index = 0; index < member.Options.Count; index++)
        {
            string option = member.Options[index];
            if (option is "packets" or "bytes" or "comment" or "skbmark" or "skbprio" or "skbqueue") index++;
            else if (option == "timeout" && index + 1 < member.Options.Count && member.Options[index + 1] == "0")
                index++;
            else if (option == "nomatch" && mayExclude) isExcluded = true;
            else
                throw DumpError.At(_file, member.Line, $"option {Quoting.Excerpt(option)} of an entry is not modelled");
        }

        return isExcluded;
    }

    private InvalidDataException BadEntry(in IpsetMember member, string wanted) =>
        DumpError.At(_file, member.Line,
            string.Create(CultureInfo.InvariantCulture, $"entry {Quoting.Excerpt(member.Entry)}: not {wanted}"));
}
