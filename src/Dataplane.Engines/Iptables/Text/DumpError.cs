using System.Globalization;

namespace Dataplane.Engines.Iptables.Text;

/// <summary>What is wrong with a dump, as one line that names the place.</summary>
internal static class DumpError
{
    private const int Longest = 400;

    public static InvalidDataException At(string file, int line, string what)
    {
        string safe = Quoting.Excerpt(what, Longest);
        return new(
            line == 0 ? $"{file}: {safe}" : string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {safe}"));
    }
}
