using System.Globalization;
using System.Text;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>A set with its members, as Felix keeps it: what a selector finds, or who has a port of a name.</summary>
/// <param name="Type">What its members are.</param>
/// <param name="Content">What the members have in common; the set's name is its hash.</param>
internal sealed record ChainSet(ChainSetType Type, string Content)
{
    public List<ChainSetMember> Members { get; } = [];

    public string NameIn(int family) => FelixNames.OfSet(family, Type == ChainSetType.AddressPort ? 'n' : 's', Content);

    /// <summary>As <c>ipset save</c> prints it.</summary>
    public void AppendTo(StringBuilder text, int family)
    {
        string name = NameIn(family);
        string type = Type switch
        {
            ChainSetType.Address => "hash:ip",
            ChainSetType.Net => "hash:net",
            _ => "hash:ip,port",
        };
        string inet = family == 4 ? "inet" : "inet6";
        text.Append(CultureInfo.InvariantCulture, $"create {name} {type} family {inet} hashsize 1024 maxelem 1048576\n");
        foreach (ChainSetMember member in Members)
            text.Append(CultureInfo.InvariantCulture, $"add {name} {member.TextOf(Type)}\n");
    }
}

internal enum ChainSetType : byte
{
    Address,
    Net,
    AddressPort,
}
