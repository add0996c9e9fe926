using System.Globalization;

namespace Dataplane.Cli;

/// <summary>Numbers as people read them; the same in every locale.</summary>
public static class Quantity
{
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Share(long part, long whole) =>
        whole == 0 ? "-" : (100.0 * part / whole).ToString("F2", CultureInfo.InvariantCulture) + " %";

    /// <summary>Three digits and a decimal prefix: <c>9.87 G</c>.</summary>
    public static string Scaled(double value, string unit) => value switch
    {
        >= 1e9 => Three(value / 1e9) + " G" + unit,
        >= 1e6 => Three(value / 1e6) + " M" + unit,
        >= 1e3 => Three(value / 1e3) + " k" + unit,
        _ => Three(value) + " " + unit,
    };

    public static string Nanoseconds(double value) => value switch
    {
        >= 1e9 => Three(value / 1e9) + " s",
        >= 1e6 => Three(value / 1e6) + " ms",
        >= 1e3 => Three(value / 1e3) + " us",
        _ => Three(value) + " ns",
    };

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => Three(bytes / (double)(1L << 30)) + " GiB",
        >= 1L << 20 => Three(bytes / (double)(1L << 20)) + " MiB",
        >= 1L << 10 => Three(bytes / (double)(1L << 10)) + " KiB",
        _ => Count(bytes) + " bytes",
    };

    private static string Three(double value)
    {
        string format = value >= 100 ? "F0" : value >= 10 ? "F1" : "F2";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }
}
