using System.Text.Json;

namespace Dataplane.Tests.Golden;

/// <summary>
/// One injected frame of <c>10-overlay</c> and what was seen at each observation point, both directions, in time order.
/// An empty list: nothing was seen there.
/// </summary>
public sealed record OverlayCase(string Name, byte[] In)
{
    /// <summary>At the sending pod: answers and ICMP errors that came back to it.</summary>
    public required IReadOnlyList<byte[]> P1a { get; init; }

    /// <summary>On node 1's tunnel device: inner frames. Empty for a variant without a tunnel.</summary>
    public required IReadOnlyList<byte[]> N1Vtep { get; init; }

    /// <summary>On the wire at node 1.</summary>
    public required IReadOnlyList<byte[]> N1Eth0 { get; init; }

    /// <summary>On node 2's tunnel device, decapsulated. Empty for a variant without a tunnel.</summary>
    public required IReadOnlyList<byte[]> N2Vtep { get; init; }

    /// <summary>At the receiving pod.</summary>
    public required IReadOnlyList<byte[]> P2a { get; init; }

    public override string ToString() => Name;

    internal static OverlayCase Parse(JsonElement json) =>
        new(json.GetProperty("name").GetString()!, Convert.FromHexString(json.GetProperty("in").GetString()!))
        {
            P1a = Frames(json, "p1a"),
            N1Vtep = Frames(json, "n1-vtep"),
            N1Eth0 = Frames(json, "n1-eth0"),
            N2Vtep = Frames(json, "n2-vtep"),
            P2a = Frames(json, "p2a"),
        };

    private static byte[][] Frames(JsonElement json, string point) =>
        json.TryGetProperty(point, out JsonElement list)
            ? [.. list.EnumerateArray().Select(hex => Convert.FromHexString(hex.GetString()!))]
            : [];
}
