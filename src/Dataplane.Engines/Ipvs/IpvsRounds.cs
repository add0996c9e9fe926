using System.Collections.Immutable;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// wrr's rounds (<c>ip_vs_wrr_dest_changed</c>): the weight falls from <see cref="Highest"/> by <see cref="Step"/>.
/// Each change of the list moves the running weight, so that it matters who was added when.
/// </summary>
internal readonly record struct IpvsRounds(int Step, int Highest, int First)
{
    public static IpvsRounds Of(ImmutableArray<IpvsRealServer> added)
    {
        var rounds = new IpvsRounds(1, 0, 0);
        int divisor = 0;
        int highest = 0;
        foreach (IpvsRealServer server in added)
        {
            divisor = IpvsHashTables.DivisorOf(divisor, server.Weight);
            highest = Math.Max(highest, server.Weight);
            int step = Math.Max(1, divisor);
            int top = highest - (step - 1);
            rounds = new IpvsRounds(step, top, AfterChange(rounds.First, step, top));
        }

        return rounds;
    }

    /// <summary>The running weight after a change of the list.</summary>
    public static int AfterChange(int weight, int step, int highest)
    {
        if (weight > highest || weight == 0) return highest;
        return step > 1 ? weight / step * step + 1 : weight;
    }
}
