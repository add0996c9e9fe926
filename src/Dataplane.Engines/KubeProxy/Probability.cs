using System.Globalization;

namespace Dataplane.Engines.KubeProxy;

/// <summary>How one of n endpoints is drawn: <c>statistic --mode random --probability</c>.</summary>
public static class Probability
{
    /// <summary>xt_statistic keeps 31 bits (libxt_statistic.c, statistic_random_parse).</summary>
    private const double Scale = 1u << 31;

    private const int CachedCounts = 64;

    private static readonly uint[] FewKept = [.. Enumerable.Range(0, CachedCounts).Select(n => n == 0 ? 0 : Keep(n))];

    /// <summary>As kube-proxy writes 1/n.</summary>
    public static string Written(int n) => (1.0 / n).ToString("F10", CultureInfo.InvariantCulture);

    /// <summary>What the kernel keeps of <see cref="Written"/>: a chance in 2³¹.</summary>
    public static uint Kept(int n) => n < CachedCounts ? FewKept[n] : Keep(n);

    /// <summary>As iptables-save prints what the kernel has kept.</summary>
    public static string Saved(int n) => (Kept(n) / Scale).ToString("F11", CultureInfo.InvariantCulture);

    private static uint Keep(int n)
    {
        double written = double.Parse(Written(n), CultureInfo.InvariantCulture);
        return (uint)Math.Round(written * Scale, MidpointRounding.AwayFromZero);
    }
}
