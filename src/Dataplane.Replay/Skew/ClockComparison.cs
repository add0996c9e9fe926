using Dataplane.Core;

namespace Dataplane.Replay.Skew;

/// <summary>
/// What the packets that two captures share say of their clocks: a packet is later at the second point it passes,
/// so those that come from the one bound the skew from above, and those that come from the other from below (RFC
/// 5905 §8 halves the distance).
/// </summary>
/// <param name="Packets">That both show.</param>
/// <param name="Least">The skew is no less, by packets that passed the second point first.</param>
/// <param name="Most">It is no more, by those that passed the first one first.</param>
/// <param name="Middle">The median of the differences, whichever way the packets went.</param>
internal sealed record ClockComparison(long Packets, long? Least, long? Most, long Middle)
{
    /// <summary>
    /// Longer than a packet takes between two points of a cluster, as far as one direction alone can tell.
    /// </summary>
    private const long LongestWay = 1_000_000;

    /// <summary>By how much the second clock is ahead of the first; 0 where they may well be the same.</summary>
    public long Skew => (Least, Most) switch
    {
        ({ } least, { } most) => least <= 0 && most >= 0 ? 0 : least + (most - least) / 2,
        (null, { } most) => most is < 0 or > LongestWay ? most : 0,
        ({ } least, null) => least is > 0 or < -LongestWay ? least : 0,
        _ => Middle is > LongestWay or < -LongestWay ? Middle : 0,
    };

    public bool IsBothWays => Least is not null && Most is not null;

    /// <summary>
    /// How far the skew may be from the truth; of packets of one direction only, nothing is known of it.
    /// </summary>
    public long? Uncertainty => (Least, Most) is ({ } least, { } most)
        ? Skew == 0 ? Math.Max(Math.Abs(least), Math.Abs(most)) : Math.Abs(most - least) / 2
        : null;

    public static ClockComparison Of(PacketSample one, PacketSample other)
    {
        Dictionary<(int From, int To), List<(Sample One, Sample Other)>> byWay = [];
        long packets = 0;
        foreach ((ulong print, Sample first) in one.Packets)
        {
            if (!other.Packets.TryGetValue(print, out Sample second)) continue;

            packets++;
            var way = (Known(first.From, second.From), Known(first.To, second.To));
            if (!byWay.TryGetValue(way, out List<(Sample, Sample)>? pairs)) byWay[way] = pairs = [];
            pairs.Add((first, second));
        }

        long? least = null;
        long? most = null;
        foreach (((int From, int To) way, List<(Sample One, Sample Other)> pairs) in byWay)
        {
            int wayOf = WayOf(way, byWay);
            foreach ((Sample first, Sample second) in pairs)
            {
                int passed = ByTtl(in first, in second) is var told and not 0 ? told : wayOf;
                if (passed > 0) most = Math.Min(most ?? long.MaxValue, second.First - first.Last);
                if (passed < 0) least = Math.Max(least ?? long.MinValue, second.Last - first.First);
            }
        }

        return new ClockComparison(
            packets, least, most, packets == 0 ? 0 : Median([.. byWay.Values.SelectMany(pairs => pairs)]));
    }

    // 1: by the first capture's point, then by the second's; −1: the other way; 0: it does not tell.
    private static int ByTtl(in Sample one, in Sample other)
    {
        int first = one.FirstTtl.CompareTo(other.FirstTtl);
        int last = one.LastTtl.CompareTo(other.LastTtl);
        return first == -last ? 0 : Math.Sign(first + last);
    }

    // Whatever the clocks show, there and back differ by the time on the way: the greater of the two went there.
    private static int WayOf(
        (int From, int To) way, Dictionary<(int From, int To), List<(Sample One, Sample Other)>> byWay)
    {
        if (way.From == way.To || !byWay.TryGetValue((way.To, way.From), out List<(Sample One, Sample Other)>? back))
            return 0;

        return Median(byWay[way]).CompareTo(Median(back));
    }

    private static long Median(List<(Sample One, Sample Other)> pairs)
    {
        long[] distances = [.. pairs.Select(pair => pair.Other.First - pair.One.First).Order()];
        return distances[distances.Length / 2];
    }

    private static ushort Known(ushort one, ushort other) => one == Lane.UnknownNode ? other : one;
}
