namespace Dataplane.Tests.Oracles;

/// <summary>
/// What became of a case's packet at one place: a packet that came out, or (null) what the place's name says.
/// </summary>
internal sealed record Sighting(int Number, string Place, ServicePacket? Packet)
{
    private const string NodeItself = "node-a itself";
    private const string Refused = "refused at once";

    /// <summary>Null for what is none of the test's.</summary>
    public static Sighting? At(string place, ReadOnlySpan<byte> packet) =>
        ServicePacket.Read(packet) is { Number: > 0 } found ? new Sighting(found.Number, place, found) : null;

    public static Sighting Delivered(int number) => new(number, NodeItself, null);

    /// <summary>The node's own packet, whose refusal leaves the node nowhere.</summary>
    public static Sighting RefusedLocally(int number) => new(number, Refused, null);

    /// <summary>
    /// Whether somebody listens on the node is not the rules' affair: what is delivered there is delivered, and how its
    /// kernel answers is left out.
    /// </summary>
    public static List<Sighting> WithoutAnswersOfTheNode(List<Sighting> seen)
    {
        HashSet<int> delivered = [.. seen.Where(one => one.Place == NodeItself).Select(one => one.Number)];
        return [.. seen.Where(one =>
            one.Place == NodeItself || !delivered.Contains(one.Number) || one.Packet is { IsRefusal: false })];
    }
}

/// <summary>node-a, real or emulated.</summary>
internal interface IServiceNode
{
    /// <summary>Sends packets one after the other, and tells what came of them.</summary>
    List<Sighting> Play(IReadOnlyList<PlacedPacket> packets);
}
