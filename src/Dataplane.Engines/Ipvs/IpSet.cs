using System.Collections.Immutable;
using System.Text;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// An ipset with its entries, as <c>ipset save</c> has them: <c>10.96.0.1,tcp:443</c>, or a port in a bitmap.
/// </summary>
public sealed record IpSet(string Name, IpSetType Type, bool IsV6)
{
    private const string HashOptions = "hashsize 1024 maxelem 65536";

    public ImmutableArray<string> Entries { get; init; } = [];

    /// <summary>The sets as text that <c>ipset restore</c> takes.</summary>
    public static string Print(IEnumerable<IpSet> sets)
    {
        var text = new StringBuilder();
        foreach (IpSet set in sets)
        {
            text.Append("create ").Append(set.Name).Append(' ').Append(set.TypeName).Append(' ');
            text.Append(
                set.Type == IpSetType.Port ? "range 0-65535" : $"family {(set.IsV6 ? "inet6" : "inet")} {HashOptions}");
            text.Append('\n');
            foreach (string entry in set.Entries)
                text.Append("add ").Append(set.Name).Append(' ').Append(entry).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The type's name for ipset.</summary>
    public string TypeName => Type switch
    {
        IpSetType.Address => "hash:ip",
        IpSetType.AddressPort => "hash:ip,port",
        IpSetType.AddressPortAddress => "hash:ip,port,ip",
        IpSetType.AddressPortNet => "hash:ip,port,net",
        _ => "bitmap:port",
    };
}

/// <summary>The types of sets that kube-proxy uses.</summary>
public enum IpSetType : byte
{
    Address,
    AddressPort,
    AddressPortAddress,
    AddressPortNet,
    Port,
}
