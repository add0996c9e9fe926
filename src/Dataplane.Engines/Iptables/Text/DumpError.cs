using System.Globalization;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>What is wrong with a dump, as one line that names the place.</summary>
internal static class DumpError
{
    public static InvalidDataException At(string file, int line, string what) =>
        new(line == 0 ? $"{file}: {what}" : string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {what}"));
}
