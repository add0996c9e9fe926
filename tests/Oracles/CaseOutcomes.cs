namespace Dataplane.Tests.Oracles;

/// <summary>
/// What became of each case in a node: where its packet came out and how, and where its
/// receiver's reply came out and how.
/// </summary>
internal sealed class CaseOutcomes
{
    private readonly Dictionary<int, string> _texts = [];

    private CaseOutcomes()
    {
    }

    public static CaseOutcomes Of(IReadOnlyList<ServiceCase> cases, IServiceNode node)
    {
        List<Sighting> forth = node.Play([.. cases.Select(one => one.Packet)]);
        Dictionary<int, ServiceCase> numbered = cases.ToDictionary(one => one.Number);
        List<Sighting> back = node.Play([.. forth.Where(seen => IsAnswered(seen, numbered[seen.Number]))
            .Select(seen => new PlacedPacket(seen.Place, seen.Packet!.Reply()))]);
        ILookup<int, Sighting> forthOf = forth.ToLookup(seen => seen.Number);
        ILookup<int, Sighting> backOf = back.ToLookup(seen => seen.Number);
        var outcomes = new CaseOutcomes();
        foreach (ServiceCase one in cases)
        {
            IEnumerable<string> lines = forthOf[one.Number].Select(seen => Line("", seen, one))
                .Order(StringComparer.Ordinal)
                .DefaultIfEmpty("dropped")
                .Concat(backOf[one.Number].Select(seen => Line("back ", seen, one)).Order(StringComparer.Ordinal));
            outcomes._texts[one.Number] = string.Join("; ", lines);
        }

        return outcomes;
    }

    public string this[int number] => _texts[number];

    public IEnumerable<string> All => _texts.Values;

    /// <summary>What all of a client's cases came to, in order.</summary>
    public string Of(IEnumerable<ServiceCase> client) =>
        string.Join('\n', client.Select(one => $"  {one.Number}: {_texts[one.Number]}"));

    /// <summary>
    /// Nobody answers refusals. node-b is not emulated: what it sends itself is not in the run, nor what the outside
    /// sends to its pods. And a Service's address that was not translated is nobody's outside.
    /// </summary>
    private static bool IsAnswered(Sighting seen, ServiceCase one)
    {
        if (seen.Packet is not { IsRefusal: false } packet || packet.Destination == ServiceLab.NodeB) return false;

        bool isForNodeB = one.Place == ServiceLab.Tunnel && packet.Source == one.Source;
        return seen.Place != ServiceLab.Outside || !(packet.Destination == one.Destination || isForNodeB);
    }

    private static string Line(string direction, Sighting seen, ServiceCase one) => seen.Packet is { } packet
        ? $"{direction}{seen.Place}: {(direction.Length == 0 ? packet.ToText(one.Source, one.SourcePort) : packet)}"
        : direction + seen.Place;
}
