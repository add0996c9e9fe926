using System.Diagnostics;
using System.Globalization;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;

namespace Dataplane.Bench;

/// <summary>
/// All tunnels in turns, many short rounds each: the medians, and how many times plain VXLAN's they are.
/// </summary>
internal static class TunnelTurns
{
    /// <summary>As long as every tunnel lets a frame be.</summary>
    private const int Long = 1400;

    private const int Rounds = 301;
    private const int WarmUps = 60;
    private const int BurstsInRound = 200;
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static void Run(TextWriter output)
    {
        foreach (int size in new[] { SampleFrames.Small, Long })
        {
            TunnelPair[] pairs = [.. TunnelVariant.All.Select(variant => new TunnelPair(variant, size))];
            double back = Measure(pairs[..1], pair => pair.PutBack())[0];
            double[] encapsulate = [.. Measure(pairs, pair => pair.Encapsulate()).Select(time => time - back)];
            double[] decapsulate = [.. Measure(pairs, pair => pair.Decapsulate()).Select(time => time - back)];
            double[] send = Measure(pairs, pair => pair.Send());
            double[] receive = Measure(pairs, pair => pair.Receive());
            output.WriteLine($"frames of {size} bytes, ns a packet (times {TunnelVariant.Baseline})");
            output.WriteLine($"{"",-34}{"encapsulate",16}{"decapsulate",16}{"sending node",16}{"receiving node",16}");
            for (int index = 0; index < pairs.Length; index++)
            {
                output.WriteLine($"{TunnelVariant.All[index].Name,-34}{Cell(encapsulate, index)}{Cell(decapsulate, index)}{Cell(send, index)}{Cell(receive, index)}");
                pairs[index].Dispose();
            }

            output.WriteLine();
        }
    }

    private static string Cell(double[] times, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{times[index],8:F1} ({times[index] / times[0]:F2})");

    private static double[] Measure(TunnelPair[] pairs, Action<TunnelPair> measured)
    {
        double[][] times = [.. pairs.Select(_ => new double[Rounds])];
        for (int round = -WarmUps; round < Rounds; round++)
        {
            for (int index = 0; index < pairs.Length; index++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int burst = 0; burst < BurstsInRound; burst++) measured(pairs[index]);
                double time = (Stopwatch.GetTimestamp() - start) * NanosecondsPerTick
                    / (BurstsInRound * PacketBurst.MaxRecords);
                if (round >= 0) times[index][round] = time;
            }
        }

        return [.. times.Select(rounds => rounds.Order().ElementAt(Rounds / 2))];
    }
}
