using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>A set with its members, as Felix keeps it: what a selector finds, or who has a port of a name.</summary>
/// <param name="Type">What its members are.</param>
/// <param name="Content">What the members have in common; the set's name is its hash.</param>
internal sealed record ChainSet(ChainSetType Type, string Content)
{
    public List<ChainSetMember> Members { get; } = [];

    public string NameIn(int family) => FelixNames.OfSet(family, Type == ChainSetType.AddressPort ? 'n' : 's', Content);

    public IpsetText ToText(int family)
    {
        string type = Type switch
        {
            ChainSetType.Address => "hash:ip",
            ChainSetType.Net => "hash:net",
            _ => "hash:ip,port",
        };
        string[] options = ["family", family == 4 ? "inet" : "inet6", "hashsize", "1024", "maxelem", "1048576"];
        var text = new IpsetText(NameIn(family), type, options);
        foreach (ChainSetMember member in Members) text.Add(new IpsetMember(member.TextOf(Type), []));
        return text;
    }
}

internal enum ChainSetType : byte
{
    Address,
    Net,
    AddressPort,
}
