using System.Text.Json;
using Dataplane.Core;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Policies;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>Cilium's own test of its policy map: entries in, probes with their verdicts out.</summary>
public class CiliumSuitePolicyTests
{
    [Fact]
    public void Every_probe_of_a_policy_map_has_its_verdict()
    {
        if (!SharedFolder.TryFind("suites/cilium-bpf/cases.json", out string file))
            Assert.Skip("no ../shared/suites/cilium-bpf");

        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(file));
        int probes = 0;
        foreach (JsonElement one in cases.RootElement.GetProperty("policy_map").EnumerateArray())
        {
            foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
            {
                var draft = new PolicyMapDraft(direction);
                foreach (JsonElement entry in one.GetProperty("entries").EnumerateArray())
                    draft.Add(TrafficOf(entry), isDeny: false, rule: 7);
                using var maps = new PolicyMaps([draft]);
                foreach (JsonElement probe in one.GetProperty("probes").EnumerateArray())
                {
                    PolicyVerdict verdict = maps.Judge(
                        0, probe.GetProperty("identity").GetUInt32(), direction,
                        PolicySuites.ProtocolOf(probe.GetProperty("protocol").GetString()!), probe.GetProperty("port")
                            .GetUInt16());
                    bool isAllowed = probe.GetProperty("allow").GetBoolean();
                    Assert.True(
                        verdict == new PolicyVerdict(isAllowed, isAllowed ? 7 : PolicyVerdict.DefaultDeny),
                        $"{one.GetProperty("name")}: {probe} gave {verdict}");
                    probes++;
                }
            }
        }

        Assert.Equal(2 * 20, probes);
    }

    private static PolicyTraffic TrafficOf(JsonElement entry)
    {
        uint identity = entry.GetProperty("identity").GetUInt32();
        if (!entry.TryGetProperty("protocol", out JsonElement protocol)) return new PolicyTraffic(identity, 0, 0, 0);

        int wildcarded = entry.GetProperty("wildcarded_low_bits").GetInt32();
        return new PolicyTraffic(
            identity, PolicyKey.MaxSuffix - wildcarded,
            PolicySuites.ProtocolOf(protocol.GetString()!), entry.GetProperty("port").GetUInt16());
    }
}
