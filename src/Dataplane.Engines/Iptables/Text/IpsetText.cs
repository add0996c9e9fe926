namespace Dataplane.Engines.Iptables.Text;

/// <summary>
/// A set as <c>ipset save</c> prints it: one <c>create</c> line and the <c>add</c> lines that belong to it.
/// </summary>
public sealed class IpsetText(string name, string type, IReadOnlyList<string> options)
{
    private readonly List<IpsetMember> _members = [];

    public string Name => name;

    /// <summary><c>hash:ip,port</c> and the like.</summary>
    public string Type => type;

    /// <summary>The words behind the type.</summary>
    public IReadOnlyList<string> Options => options;

    /// <summary>The line in the dump; 0 where the set comes from none.</summary>
    public int Line { get; init; }

    public IReadOnlyList<IpsetMember> Members => _members;

    public void Add(IpsetMember member) => _members.Add(member);

    public override string ToString() =>
        string.Join('\n', _members.Select(member => member.ToString(name))
            .Prepend(string.Join(' ', ["create", name, type, .. options])));
}

/// <summary>One member: the text of the entry (<c>10.0.0.1,tcp:80</c>) and the words behind it.</summary>
public readonly record struct IpsetMember(string Entry, IReadOnlyList<string> Options, int Line = 0)
{
    public string ToString(string set) => string.Join(' ', ["add", set, Entry, .. Options]);
}
