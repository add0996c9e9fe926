using System.Text.Json;

namespace Dataplane.Tests.Golden;

/// <summary>
/// One way of setting up the two nodes of <c>10-overlay</c>, and what the kernel did with every case.
/// </summary>
public sealed record OverlayVariant(string Name, OverlaySetup Setup)
{
    private const string Folder = "10-overlay/";

    /// <summary>Frames that pod p1a sent.</summary>
    public required IReadOnlyList<OverlayCase> Encap { get; init; }

    /// <summary>Frames injected on the wire towards node 2; empty where the lab had no such run.</summary>
    public required IReadOnlyList<OverlayCase> Decap { get; init; }

    /// <summary>All variants, in the order of their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. GoldenFolder.Manifest
            .Where(file => file.Name.StartsWith(Folder, StringComparison.Ordinal))
            .Where(file => file.Name.EndsWith("/setup.json", StringComparison.Ordinal))
            .Select(file => file.Name[Folder.Length..^"/setup.json".Length])
            .Order(StringComparer.Ordinal),
    ];

    public static OverlayVariant Load(string name) =>
        new(name, OverlaySetup.Parse(GoldenFolder.ReadText($"{Folder}{name}/setup.json")))
        {
            Encap = Cases($"{Folder}{name}/encap.json"),
            Decap = Cases($"{Folder}{name}/decap.json"),
        };

    /// <summary>One of the variant's captures: <c>live-p1a</c>, <c>raw-n1-eth0</c>.</summary>
    public PcapFile Capture(string capture) => PcapFile.Golden($"{Folder}{Name}/{capture}.pcap");

    private static OverlayCase[] Cases(string file)
    {
        if (!GoldenFolder.Contains(file)) return [];

        using JsonDocument json = JsonDocument.Parse(GoldenFolder.Read(file));
        return [.. json.RootElement.EnumerateArray().Select(OverlayCase.Parse)];
    }
}
