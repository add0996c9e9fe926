using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Tests.Packets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// Calico's own test of its policy programs: tiers, policies and rules in, packets with their verdicts out.
/// </summary>
public class CalicoSuiteTests
{
    /// <summary>Policies of host interfaces and XDP: Kubernetes' policies have neither.</summary>
    private static readonly string[] OfHosts = ["hostPolProgramTests", "xdpPolProgramTests"];

    [Fact]
    public void Workload_policies_give_every_packet_its_verdict()
    {
        if (!SharedFolder.TryFind("suites/calico-polprog/cases.json", out string file))
            Assert.Skip("no ../shared/suites/calico-polprog");

        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(file));
        int packets = 0, ofHosts = 0;
        foreach (JsonElement one in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (OfHosts.Contains(one.GetProperty("table").GetString()))
            {
                ofHosts++;
                continue;
            }

            foreach (bool isIngress in (bool[])[true, false])
            {
                (ChainProgram program, int chain) = Compile(one, isIngress);
                using (program)
                {
                    packets += AssertAll(one, "allowed", isAllowed: true, program, chain);
                    packets += AssertAll(one, "dropped", isAllowed: false, program, chain);
                }
            }
        }

        Assert.Equal(6, ofHosts);
        Assert.InRange(packets, 2 * 150, int.MaxValue);
    }

    private static int AssertAll(JsonElement one, string list, bool isAllowed, ChainProgram program, int chain)
    {
        int count = 0;
        foreach (JsonElement packet in one.GetProperty(list).EnumerateArray())
        {
            var trace = default(ChainTraceOff);
            PolicyVerdict verdict = program.Walk(chain, PacketOf(packet), ref trace);
            Assert.True(isAllowed == verdict.IsAllowed, $"{one.GetProperty("name")}: {packet} must be {list}");
            count++;
        }

        return count;
    }

    private static (ChainProgram Program, int Chain) Compile(JsonElement one, bool isIngress)
    {
        int family = one.GetProperty("ipv6").GetBoolean() ? 6 : 4;
        List<string> names = [];
        List<ChainSet> sets = [];
        if (one.GetProperty("ipsets") is { ValueKind: JsonValueKind.Object } given)
        {
            foreach (JsonProperty set in given.EnumerateObject())
            {
                names.Add(set.Name);
                sets.Add(SetOf(set));
            }
        }

        var builder = new ChainProgramBuilder(family);
        var renderer = new FelixRenderer(family);
        List<FelixTier> tiers = [];
        foreach ((string name, bool drops, IEnumerable<IEnumerable<JsonElement>> policies) in TiersOf(
            one.GetProperty("policy")))
        {
            int[] chains = [.. policies.Select((rules, index) => builder.Add(
                $"cali-pi-{name}-{index}", renderer.ChainOf(
                    rules.Select((rule, number) => RuleOf(rule, number, names)))))];
            tiers.Add(new FelixTier(name, chains, drops));
        }

        int chain = builder.Add("cali-tw-test", WorkloadChain.Of(isIngress, tiers, profiles: []));
        return (builder.Build([.. sets]), chain);
    }

    private static IEnumerable<(string, bool, IEnumerable<IEnumerable<JsonElement>>)> TiersOf(JsonElement policy)
    {
        if (policy.ValueKind == JsonValueKind.Null) yield break;

        if (policy.TryGetProperty("_call", out _))
        {
            yield return ("default", true, [policy.GetProperty("args")[0].EnumerateArray()]);
            yield break;
        }

        foreach (JsonElement tier in policy.GetProperty("Tiers").EnumerateArray())
        {
            bool passes = tier.TryGetProperty("EndAction", out JsonElement end) && end.GetString() == "pass";
            yield return (tier.GetProperty("Name").GetString()!, !passes,
                tier.GetProperty("Policies").EnumerateArray().Select(one =>
                    one.GetProperty("Rules").EnumerateArray().Select(rule => rule.GetProperty("Rule"))));
        }
    }

    private static FelixRule RuleOf(JsonElement rule, int number, List<string> sets) =>
        new(Enum.Parse<PolicyAction>(rule.GetProperty("Action").GetString()!), number)
        {
            Protocol = ProtocolOf(rule, "Protocol"),
            NotProtocol = ProtocolOf(rule, "NotProtocol"),
            Source = SideOf(rule, "Src", sets),
            Destination = SideOf(rule, "Dst", sets),
            Icmp = IcmpOf(rule, "Icmp", "IcmpType"),
            NotIcmp = IcmpOf(rule, "NotIcmp", "NotIcmpType"),
        };

    private static FelixSide SideOf(JsonElement rule, string side, List<string> sets) => new()
    {
        Nets = List(rule, side + "Net", net => NetOf(net.GetString()!)),
        NotNets = List(rule, $"Not{side}Net", net => NetOf(net.GetString()!)),
        Ports = List(rule, side + "Ports", RangeOf),
        NotPorts = List(rule, $"Not{side}Ports", RangeOf),
        Sets = List(rule, side + "IpSetIds", set => sets.IndexOf(set.GetString()!)),
        NotSets = List(rule, $"Not{side}IpSetIds", set => sets.IndexOf(set.GetString()!)),
        PortSets = List(rule, side + "NamedPortIpSetIds", set => sets.IndexOf(set.GetString()!)),
    };

    private static ImmutableArray<T> List<T>(JsonElement rule, string name, Func<JsonElement, T> read) =>
        rule.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(read)] : [];

    private static PortRange RangeOf(JsonElement range) =>
        new(range.GetProperty("First").GetUInt16(), range.GetProperty("Last").GetUInt16());

    private static byte? ProtocolOf(JsonElement rule, string name)
    {
        if (!rule.TryGetProperty(name, out JsonElement protocol)) return null;

        return protocol.ValueKind == JsonValueKind.Number ? protocol.GetByte() : ProtocolOf(protocol.GetString()!);
    }

    private static byte ProtocolOf(string name) => name == "tcp" ? IpProtocol.Tcp : IpProtocol.Udp;

    private static IcmpMatch? IcmpOf(JsonElement rule, string name, string type) =>
        rule.TryGetProperty(name, out JsonElement icmp) ? new IcmpMatch(icmp.GetProperty(type).GetByte(), null) : null;

    private static ChainSet SetOf(JsonProperty given)
    {
        string[][] parts = [.. given.Value.EnumerateArray().Select(member => member.GetString()!.Split(','))];
        bool hasPorts = parts.Any(part => part.Length == 2);
        var set = new ChainSet(hasPorts ? ChainSetType.AddressPort : ChainSetType.Net, given.Name);
        foreach (string[] part in parts)
        {
            string[] port = hasPorts ? part[1].Split(':') : [];
            set.Members.Add(hasPorts
                ? new ChainSetMember(
                    NetOf(part[0]), ProtocolOf(port[0]), ushort.Parse(port[1], CultureInfo.InvariantCulture))
                : new ChainSetMember(NetOf(part[0])));
        }

        return set;
    }

    private static IpPrefix NetOf(string text) => IpPrefix.Parse(text);

    private static ChainPacket PacketOf(JsonElement packet)
    {
        (IpAddress source, ushort sourcePort) = EndOf(packet.GetProperty("src").GetString()!);
        (IpAddress destination, ushort destinationPort) = EndOf(packet.GetProperty("dst").GetString()!);
        bool isIcmp = packet.TryGetProperty("icmp_type", out JsonElement type);
        return new ChainPacket
        {
            Source = AddressWords.Of(source),
            Destination = AddressWords.Of(destination),
            SourcePort = sourcePort,
            DestinationPort = destinationPort,
            Protocol = packet.GetProperty("proto").GetByte(),
            HasIcmpType = isIcmp,
            IcmpType = isIcmp ? type.GetByte() : (byte)0,
            IcmpCode = isIcmp ? packet.GetProperty("icmp_code").GetByte() : (byte)0,
        };
    }

    private static (IpAddress Address, ushort Port) EndOf(string text)
    {
        if (IpAddress.TryParse(text.Trim('[', ']'), out IpAddress alone)) return (alone, 0);

        IPEndPoint end = IPEndPoint.Parse(text);
        return (IpAddress.FromBytes(end.Address.GetAddressBytes()), (ushort)end.Port);
    }
}
