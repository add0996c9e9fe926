using Dataplane.Engines.Iptables;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// What Linux did with kube-proxy's rules, packet by packet (golden 40-kube-proxy): given the kernel's random choices, ours
/// translates, refuses and counts the same; with <c>nth</c> rules it needs no choices.
/// </summary>
public class KubeProxyGoldenTests
{
    [Theory]
    [InlineData("routed-veth")]
    [InlineData("bridge-brnf")]
    [InlineData("routed-veth-nth")]
    [InlineData("routed-veth-trace")]
    public void Every_case_counts_the_rules_that_the_kernel_counted(string setup)
    {
        List<string> differences = [];
        using KubeProxyLab lab = new(setup);
        foreach (KubeProxyCase played in KubeProxyCase.Load(setup))
        {
            lab.Run(played);
            differences.AddRange(lab.Complaints.Select(complaint => $"{played.Name}: {complaint}"));
            Dictionary<string, (long Packets, long Bytes)> ours = lab.RulesHit();
            foreach (string rule in ours.Keys.Union(played.RulesHit.Keys))
            {
                (long, long) expected = played.RulesHit.GetValueOrDefault(rule);
                if (ours.GetValueOrDefault(rule) != expected)
                    differences.Add($"{played.Name}: {rule}: ours {ours.GetValueOrDefault(rule)}, the kernel's {expected}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
