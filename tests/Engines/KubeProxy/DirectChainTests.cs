using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Tests.Engines.Iptables;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>
/// kube-proxy's rules compile without their text; a node that reads the printed text must do the same.
/// </summary>
public class DirectChainTests
{
    private static readonly ProxyNode Node = new("a");

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void What_is_compiled_directly_walks_as_what_is_printed_and_read_again(int family)
    {
        IptablesRuleset written = Write(Services(), family);
        IptablesRuleset read = IptablesRuleset.Parse(Print(written, family), "printed", family);
        using var direct = new NodeRules(NetfilterRules.Compile(written, family, new InterfaceNames()));
        using var text = new NodeRules(NetfilterRules.Compile(read, family, new InterfaceNames()));
        Assert.Equal(
            (text.Rules.Size, text.Rules.Depth, text.Rules.MemorySize),
            (direct.Rules.Size, direct.Rules.Depth, direct.Rules.MemorySize));

        int translated = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            NetfilterPacket packet = PacketOf(seed, family);
            string expected = Way(text, packet, seed, out NetfilterOutcome outcome);
            Assert.Equal(expected, Way(direct, packet, seed, out NetfilterOutcome ours));
            Assert.Equal((outcome.Verdict, outcome.Mark, outcome.Nat), (ours.Verdict, ours.Mark, ours.Nat));
            translated += ours.Nat.Kind == NatKind.Destination ? 1 : 0;
        }

        Assert.InRange(translated, 500, 1900);
    }

    [Fact]
    public void Chains_are_listed_by_name_whatever_they_were_compiled_as()
    {
        string[] names = [.. Write(Services(), 4).Find("nat")!.Chains.Skip(4).Select(chain => chain.Name)];

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(9, names.Count(name => name.StartsWith(ChainName.Endpoint, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_chain_that_nobody_has_named_is_found_by_its_name()
    {
        string name = Write(Services(), 4).Find("nat")!.Chains
            .Last(chain => chain.Name.StartsWith(ChainName.Endpoint, StringComparison.Ordinal)).Name;

        Assert.True(Write(Services(), 4).Find("nat")!.TryFind(name, out IptablesChain? found));
        Assert.Equal((name, 2), (found.Rules[0].Chain, found.Rules.Count));
        Assert.False(Write(Services(), 4).Find("nat")!.TryFind("KUBE-SEP-ABCDEFGHIJKLMNOP", out _));
    }

    private static string Way(NodeRules rules, NetfilterPacket packet, int seed, out NetfilterOutcome outcome)
    {
        List<VisitedRule> visited = [];
        var trace = new TraceRules(visited);
        var draw = new RandomDraw(new Draw((uint)seed + 1));
        outcome = rules.Rules.Prerouting(in packet, rules.State, ref draw, ref trace);
        return string.Join('\n', visited.Select(visit =>
            $"{rules.Rules.PlaceOf(visit.Rule)} {rules.Rules.PlaceOf(visit.Rule).Rule} {visit.IsMatch}"));
    }

    /// <summary>From outside, from pods and from endpoints themselves; to each Service, and to what none has.</summary>
    private static NetfilterPacket PacketOf(int seed, int family)
    {
        var random = new Random(seed);
        string[] from = family == 4
            ? ["192.0.2.1", "10.128.0.1", "10.128.0.2", "10.128.1.1"]
            : ["2001:db8::1", "fd00:1::1", "fd00:1::2", "fd00:2::1"];
        string[] to = family == 4
            ? ["10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.9"]
            : ["fd00:96::1", "fd00:96::2", "fd00:96::3", "fd00:96::9"];
        byte protocol = random.Next(8) == 0 ? IpProtocol.Udp : IpProtocol.Tcp;
        return Rules.Packet(
            protocol, from[random.Next(4)], 40000, to[random.Next(4)], (ushort)(random.Next(8) == 0 ? 81 : 80)) with
        {
            State = ConnectionStates.New,
            Facts = random.Next(8) == 0 ? PacketFacts.IsLaterFragment : PacketFacts.IsFirst,
        };
    }

    private static ClusterSnapshot Services()
    {
        Service remembering = Clusters.Service("sticky", "10.96.0.3", "fd00:96::3") with { AffinitySeconds = 10800 };
        Service local =
            Clusters.Service("local", "10.96.0.2", "fd00:96::2") with { InternalTrafficPolicy = TrafficPolicy.Local };
        return new ClusterSnapshot
        {
            Services = [Clusters.Service("web", "10.96.0.1", "fd00:96::1"), local, remembering],
            EndpointSlices =
            [
                Clusters.Slice("web", ["10.128.0.1", "10.128.0.2", "10.128.0.3", "10.128.0.10"]),
                Clusters.Slice("web", ["fd00:1::1", "fd00:1::2", "fd00:1::3", "fd00:1::10"]),
                AtNode(Clusters.Slice("local", ["10.128.1.1", "10.128.1.2"])),
                AtNode(Clusters.Slice("local", ["fd00:2::1", "fd00:2::2"])),
                Clusters.Slice("sticky", ["10.128.0.1", "10.128.2.2", "10.128.2.3"]),
                Clusters.Slice("sticky", ["fd00:1::1", "fd00:3::2", "fd00:3::3"]),
            ],
        };
    }

    private static EndpointSlice AtNode(EndpointSlice slice) => slice with
    {
        Endpoints = [.. slice.Endpoints.Select(endpoint => endpoint with { NodeName = Node.Name })],
    };

    private static IptablesRuleset Write(ClusterSnapshot cluster, int family) => KubeProxyRules.Write(
        ServiceModel.Compile(cluster).At(Node, family),
        new KubeProxyOptions { ClusterCidrs = [IpPrefix.Parse("10.128.0.0/16"), IpPrefix.Parse("fd00:1::/64")] });

    private static string Print(IptablesRuleset rules, int family)
    {
        using var text = new StringWriter();
        rules.WriteTo(text, family);
        return text.ToString();
    }
}
