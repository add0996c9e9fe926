namespace Dataplane.Engines.Iptables;

/// <summary>
/// Numbers for interface names, so that packets and rules compare numbers. Rules with a <c>+</c> know the names that
/// were there when they were compiled.
/// </summary>
public sealed class InterfaceNames
{
    private readonly Dictionary<string, ushort> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [""];

    /// <summary>Numbers given so far: 1 up to this one.</summary>
    public int Count => _numbers.Count;

    public ushort NumberOf(string name)
    {
        if (_numbers.TryGetValue(name, out ushort number)) return number;
        if (_names.Count > ushort.MaxValue)
            throw new InvalidDataException($"interface {name}: more than {ushort.MaxValue} interfaces");

        number = (ushort)_names.Count;
        _names.Add(name);
        _numbers.Add(name, number);
        return number;
    }

    public string NameOf(ushort number) => _names[number];
}
