using System.Text.Json;

namespace Dataplane.Tests.Golden;

/// <summary>One case of golden 40-kube-proxy: what was seen at each point, and which rules counted.</summary>
public sealed class KubeProxyCase
{
    public required string Name { get; init; }

    /// <summary>Frames by capture point, in order.</summary>
    public required Dictionary<string, List<byte[]>> Frames { get; init; }

    /// <summary>"table rule" → packets and bytes; a policy is "filter policy FORWARD".</summary>
    public required Dictionary<string, (long Packets, long Bytes)> RulesHit { get; init; }

    /// <summary>"original &gt; … = translated &gt; …" of each connection.</summary>
    public required List<(string Original, string Translated)> Translations { get; init; }

    public required string Verdict { get; init; }

    /// <summary>The rule that dropped or rejected.</summary>
    public string? Rule { get; init; }

    public string? RemovedRule { get; init; }

    public static List<KubeProxyCase> Load(string setup)
    {
        using JsonDocument cases = JsonDocument.Parse(GoldenFolder.Read($"40-kube-proxy/{setup}/cases.json"));
        using JsonDocument expected = JsonDocument.Parse(GoldenFolder.Read($"40-kube-proxy/{setup}/expected.json"));
        return
        [
            .. cases.RootElement.GetProperty("cases").EnumerateArray()
                .Zip(expected.RootElement.EnumerateArray(), (found, answer) => Read(found, answer)),
        ];
    }

    private static KubeProxyCase Read(JsonElement found, JsonElement answer) => new()
    {
        Name = found.GetProperty("name").GetString()!,
        Frames = found.GetProperty("frames").EnumerateObject().ToDictionary(
            point => point.Name,
            point => point.Value.EnumerateArray().Select(frame => Convert.FromHexString(frame.GetString()!)).ToList()),
        RulesHit = found.GetProperty("rules_hit").EnumerateArray().ToDictionary(
            hit => $"{hit[0].GetString()} {hit[1].GetString()}",
            hit => (hit[2].GetInt64(), hit[3].GetInt64())),
        Translations = [.. answer.GetProperty("nat").EnumerateArray().Select(nat =>
            (nat.GetProperty("original").GetString()!, nat.GetProperty("translated").GetString()!))],
        Verdict = answer.GetProperty("verdict").GetString()!,
        Rule = answer.TryGetProperty("rule", out JsonElement rule) ? rule.GetString() : null,
        RemovedRule = answer.GetProperty("result").TryGetProperty("rule_removed", out JsonElement removed)
            ? removed.GetString()
            : null,
    };
}
