using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>
/// A walk leaves nothing for the collector (what the runtime allocates while it optimizes is not the walk's).
/// </summary>
public class WalkAllocationTests
{
    [Fact]
    public void A_million_evaluations_allocate_nothing()
    {
        const string name = "40-kube-proxy/routed-veth/ruleset.txt";
        using NetfilterRules rules = NetfilterRules.Compile(
            IptablesRuleset.Parse(GoldenFolder.ReadText(name)), 4, new InterfaceNames());
        using NetfilterState state = new(rules);
        TraceCounts trace = new(new RuleCounters(rules));
        RandomDraw draw = new(new Draw(1));
        NetfilterPacket packet = Rules.Tcp("10.244.1.10", 40_000, "10.96.0.81", 80);
        Walk(rules, state, packet, 1_000, ref draw, ref trace);

        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int translated = Walk(rules, state, packet, 250_000, ref draw, ref trace);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(250_000, translated);
        }

        Assert.Equal(0, least);
    }

    /// <summary>Four hooks for each packet; sticky is the Service with recent lists.</summary>
    private static int Walk(
        NetfilterRules rules,
        NetfilterState state,
        NetfilterPacket packet,
        int packets,
        ref RandomDraw draw,
        ref TraceCounts trace)
    {
        int translated = 0;
        for (int count = 0; count < packets; count++)
        {
            packet.Source = 0x0AF4_0000u + (uint)(count % 300);
            packet.Now += 1_000_000;
            if (rules.Prerouting(in packet, state, ref draw, ref trace).Nat.Kind == NatKind.Destination) translated++;
            rules.Forward(in packet, state, ref draw, ref trace);
            rules.Input(in packet, state, ref draw, ref trace);
            rules.Postrouting(in packet, state, ref draw, ref trace);
        }

        return translated;
    }
}
