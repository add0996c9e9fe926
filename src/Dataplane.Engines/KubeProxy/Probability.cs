using System.Globalization;

namespace Dataplane.Engines.KubeProxy;

/// <summary>How one of n endpoints is drawn: <c>statistic --mode random --probability</c>.</summary>
public static class Probability
{
    /// <summary>xt_statistic keeps 31 bits (libxt_statistic.c, statistic_random_parse).</summary>
    private const double Scale = 1u << 31;

    /// <summary>As kube-proxy writes 1/n.</summary>
    public static string Written(int n) => (1.0 / n).ToString("F10", CultureInfo.InvariantCulture);

    /// <summary>As iptables-save prints what the kernel has kept of <see cref="Written"/>.</summary>
    public static string Saved(int n)
    {
        double written = double.Parse(Written(n), CultureInfo.InvariantCulture);
        double kept = Math.Round(written * Scale, MidpointRounding.AwayFromZero) / Scale;
        return kept.ToString("F11", CultureInfo.InvariantCulture);
    }
}
