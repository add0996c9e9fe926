using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Network;

/// <summary>
/// Reads what <c>ip route</c> and <c>birdc show route</c> print; which of them it is shows in the text.
/// </summary>
public static class RouteTableReader
{
    /// <exception cref="InvalidDataException">A line cannot be understood: one line with file
    /// and line number.</exception>
    public static RouteTable Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file");

        using var reader = new StreamReader(path);
        return Read(reader, path);
    }

    /// <summary>From text in memory; <paramref name="name"/> stands where a file's name would.</summary>
    public static RouteTable Read(TextReader reader, string name)
    {
        List<RouteLine> lines = [];
        int number = 0;
        while (reader.ReadLine() is { } text)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(text)) lines.Add(new RouteLine(text, new SourceLine(name, number)));
        }

        if (lines.Count == 0)
            throw new InvalidDataException($"{name}:1: no route in this file: it is empty");
        if (lines[0].Text.TrimStart()[0] is '[' or '{')
            throw lines[0].Damage("this is JSON: give what ip route prints without -json");

        return new RouteTable(IsBird(lines) ? BirdRouteText.Read(lines) : IpRouteText.Read(lines));
    }

    // BIRD names the protocol in brackets behind every route; ip route has none.
    private static bool IsBird(List<RouteLine> lines) =>
        BirdRouteText.IsHeader(lines[0].Text) || lines[0].Text.Contains(" [", StringComparison.Ordinal);
}
