namespace Dataplane.Core;

/// <summary>
/// Remembers ends of a burst's packets (address, port, protocol) by one bit each (Bloom, 1970, with one hash): may take
/// one end for another, never forgets one.
/// </summary>
internal readonly struct EndFilter
{
    private const int Bits = 4096;

    private readonly ulong[] _words = new ulong[Bits / 64];

    public EndFilter()
    {
    }

    /// <summary>Where the packet comes from.</summary>
    public static uint From(in FlowKey key) => EndOf(key.Source, key.SourcePort, in key);

    /// <summary>Where the packet goes.</summary>
    public static uint To(in FlowKey key) => EndOf(key.Destination, key.DestinationPort, in key);

    public void Add(uint end) => _words[end >> 6] |= 1ul << (int)(end & 63);

    public bool Contains(uint end) => (_words[end >> 6] >> (int)(end & 63) & 1) != 0;

    public void Clear() => Array.Clear(_words);

    private static uint EndOf(uint address, ushort port, in FlowKey key) =>
        FlowHash.Mix((ulong)address << 16 | port, (ulong)key.Protocol << 8 | key.Family) % Bits;
}
