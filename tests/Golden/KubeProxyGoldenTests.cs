using Dataplane.Engines.Iptables;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// What Linux did with kube-proxy's rules, packet by packet (golden 40-kube-proxy): given the kernel's random choices,
/// ours translates, refuses and counts the same; with <c>nth</c> rules it needs no choices.
/// </summary>
public class KubeProxyGoldenTests
{
    private const string RefusedLocally = "node1 itself -> no endpoints ClusterIP (REJECT in OUTPUT)";

    [Theory]
    [InlineData("routed-veth")]
    [InlineData("bridge-brnf")]
    [InlineData("routed-veth-nth")]
    [InlineData("routed-veth-trace")]
    public void Every_case_counts_the_rules_that_the_kernel_counted(string setup)
    {
        List<string> differences = [];
        Dictionary<string, (long Packets, long Bytes)> before = [];
        foreach ((KubeProxyCase played, KubeProxyLab lab) in Play(setup))
        {
            differences.AddRange(lab.Complaints.Select(complaint => $"{played.Name}: {complaint}"));
            Dictionary<string, (long Packets, long Bytes)> ours = lab.RulesHit();
            foreach (string rule in ours.Keys.Union(played.RulesHit.Keys).Where(rule => IsRecorded(rule, played)))
            {
                (long Packets, long Bytes) expected = played.RulesHit.GetValueOrDefault(rule);
                if (IsCumulative(rule))
                {
                    bool isFirst = !before.TryGetValue(rule, out (long Packets, long Bytes) earlier);
                    before[rule] = expected;
                    if (isFirst) continue;

                    expected = (expected.Packets - earlier.Packets, expected.Bytes - earlier.Bytes);
                }

                if (ours.GetValueOrDefault(rule) != expected)
                    differences.Add(
                        $"{played.Name}: {rule}: ours {ours.GetValueOrDefault(rule)}, the kernel's {expected}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("routed-veth")]
    [InlineData("bridge-brnf")]
    [InlineData("routed-veth-nth")]
    [InlineData("routed-veth-trace")]
    public void Every_connection_is_translated_as_the_kernel_did_and_every_refusal_names_its_rule(string setup)
    {
        List<string> differences = [];
        foreach ((KubeProxyCase played, KubeProxyLab lab) in Play(setup))
        {
            List<(string, string)> ours = [.. lab.Translations];
            differences.AddRange(played.Translations.Where(nat => !ours.Contains(nat))
                .Select(nat => $"{played.Name}: {nat} is missing among {string.Join(' ', ours)}"));
            if (played.Rule is not null && played.Rule != lab.DecidingRule)
                differences.Add($"{played.Name}: {lab.DecidingRule} instead of {played.Rule}");
            if (played.Verdict.StartsWith("rejected", StringComparison.Ordinal)
                != (lab.Reject == RejectWith.PortUnreachable))
                differences.Add($"{played.Name}: {lab.Reject}, the kernel: {played.Verdict}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public void Rules_visited_are_those_that_the_kernel_traced()
    {
        Dictionary<string, int> traced = [];
        foreach (string segment in KubeProxySegment.ReadTrace("40-kube-proxy/routed-veth-trace/trace.txt"))
            traced[segment] = traced.GetValueOrDefault(segment) + 1;

        int same = 0;
        List<string> ours = [];
        foreach (string segment in Play("routed-veth-trace")
            .SelectMany(play => play.Lab.Segments.Select(segment => segment.Key)))
        {
            if (traced.GetValueOrDefault(segment) > 0)
            {
                traced[segment]--;
                same++;
            }
            else
            {
                ours.Add(segment);
            }
        }

        List<string> theirs = [.. traced.SelectMany(segment => Enumerable.Repeat(segment.Key, segment.Value))];
        Assert.True(ours.Count == 0 && theirs.Count == 0,
            $"{same} same\nours:\n{string.Join("\n\n", ours)}\n\nthe kernel's:\n{string.Join("\n\n", theirs)}");
    }

    /// <summary>
    /// Not recorded: the policies of table raw, and the counter of the rule that one case deletes while it runs.
    /// </summary>
    private static bool IsRecorded(string rule, KubeProxyCase played) =>
        rule != $"nat {played.RemovedRule}" && !rule.StartsWith("raw policy", StringComparison.Ordinal);

    /// <summary>Table raw was counted from its loading on, before the first case began.</summary>
    private static bool IsCumulative(string rule) => rule.StartsWith("raw ", StringComparison.Ordinal);

    private static IEnumerable<(KubeProxyCase Case, KubeProxyLab Lab)> Play(string setup)
    {
        using KubeProxyLab lab = new(setup);
        foreach (KubeProxyCase played in KubeProxyCase.Load(setup))
        {
            lab.Run(played);
            if (played.Name == RefusedLocally)
                lab.RefuseLocally(new KubeProxyPacket(0xC0A8_380B, 0x0A60_0063, 40_000, 80, 6, 60) { TcpFlags = 2 });
            yield return (played, lab);
        }
    }
}
