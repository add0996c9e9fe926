using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Tests.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>Cilium's shape: sizes of keys and values, numbers of identities, which entry counts.</summary>
public class CiliumMapsTests
{
    [Fact]
    public void Keys_and_values_have_the_sizes_of_Ciliums()
    {
        Assert.Equal((12, 12), (Unsafe.SizeOf<PolicyKey>(), PolicyKey.Size));
        Assert.Equal((12, 12), (Unsafe.SizeOf<PolicyEntry>(), PolicyEntry.Size));
        Assert.Equal((24, 24), (Unsafe.SizeOf<IpcacheKey>(), IpcacheKey.Size));
        Assert.Equal((12, 12), (Unsafe.SizeOf<IpcacheEntry>(), IpcacheEntry.Size));
    }

    [Fact]
    public void A_policy_key_lies_in_memory_as_the_kernel_reads_it()
    {
        var key = new PolicyKey(112233, PolicyDirection.Egress, suffix: 22, IpProtocol.Udp, 83);

        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(
            new ReadOnlySpan<PolicyKey>(in key));

        // prefix length 62, label, egress, UDP, port 80 in network order: its two low bits do not count.
        Assert.Equal([62, 0, 0, 0, 0x69, 0xB6, 0x01, 0, 1, 17, 0, 80], bytes.ToArray());
    }

    [Fact]
    public void Pods_nodes_prefixes_and_the_world_have_the_numbers_that_Cilium_gives()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop
            + Manifests.Ingress("web", "from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]"));
        using IdentityPolicyTables tables = Compile(lab);

        Assert.Equal(256u + (uint)lab.Model.IdentityOfPod[lab.Pod("api").Pod], IdentityOf(tables, "10.244.2.2"));
        Assert.Equal(6u, IdentityOf(tables, "192.168.56.2"));
        Assert.Equal(0x0100_0001u, IdentityOf(tables, "203.0.113.7"));
        Assert.Equal(0x0100_0002u, IdentityOf(tables, "203.0.113.200"));
        Assert.Equal(2u, IdentityOf(tables, "198.51.100.1"));
    }

    [Theory]
    [InlineData("10.244.2.2", false)]
    [InlineData("192.168.56.2", false)]
    [InlineData("10.244.2.99", true)]
    public void An_ipBlock_covers_neither_pods_nor_nodes(string source, bool isAllowed)
    {
        using PolicyLab lab = PolicyLab.Of(
            Manifests.Shop + Manifests.Ingress("web", "from: [{ipBlock: {cidr: 0.0.0.0/0}}]"));
        using IdentityPolicyTables tables = Compile(lab);
        var engine = new IdentityPolicyEngine(tables);
        var flow = new PolicyFlow(PolicyLab.Address(source), lab.Pod("web"), IpProtocol.Tcp, 80);

        Assert.Equal(isAllowed, lab.Judge(in engine, in flow, PolicyDirection.Ingress)!.Value.IsAllowed);
    }

    [Fact]
    public void Pods_with_the_same_policies_share_a_map()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.DenyAll);
        using IdentityPolicyTables tables = Compile(lab);

        // Egress for all of them; ingress for those without ports' names, for db and for mysql,
        // where a name is another number.
        Assert.Equal(4, tables.MapCount);
        Assert.Equal(0, tables.EntryCount);
    }

    [Fact]
    public void An_entry_goes_where_a_wider_one_of_the_same_identity_counts_more()
    {
        var map = new PolicyMapDraft(PolicyDirection.Ingress);
        map.Add(new PolicyTraffic(300, 8, IpProtocol.Tcp, 0), isDeny: true, rule: 1);
        map.NextLevel();
        map.Add(new PolicyTraffic(300, 24, IpProtocol.Tcp, 80), isDeny: false, rule: 2);
        map.Add(new PolicyTraffic(300, 24, IpProtocol.Udp, 80), isDeny: false, rule: 2);
        using var maps = new PolicyMaps([map]);

        Assert.Equal(2, maps.EntryCount);
        Assert.Equal(new PolicyVerdict(false, 1), maps.Judge(0, 300, PolicyDirection.Ingress, IpProtocol.Tcp, 80));
        Assert.Equal(new PolicyVerdict(true, 2), maps.Judge(0, 300, PolicyDirection.Ingress, IpProtocol.Udp, 80));
    }

    [Theory]
    [InlineData(true, 24, 1)]
    [InlineData(false, 24, 2)]
    [InlineData(true, 8, 1)]
    public void Of_the_identitys_entry_and_that_for_any_the_higher_precedence_counts(
        bool isSpecificFirst, int suffix, int expected)
    {
        var map = new PolicyMapDraft(PolicyDirection.Ingress);
        var ofIdentity = new PolicyTraffic(300, suffix, IpProtocol.Tcp, suffix == 24 ? (ushort)80 : (ushort)0);
        var ofAny = new PolicyTraffic(0, 24, IpProtocol.Tcp, 80);
        map.Add(isSpecificFirst ? ofIdentity : ofAny, isDeny: false, isSpecificFirst ? 1 : 2);
        map.NextLevel();
        map.Add(isSpecificFirst ? ofAny : ofIdentity, isDeny: false, isSpecificFirst ? 2 : 1);
        using var maps = new PolicyMaps([map]);

        Assert.Equal(
            new PolicyVerdict(true, expected), maps.Judge(0, 300, PolicyDirection.Ingress, IpProtocol.Tcp, 80));
    }

    [Theory]
    [InlineData(80, 80, 1)]
    [InlineData(80, 83, 1)]
    [InlineData(79, 84, 3)]
    [InlineData(1, 65535, 16)]
    [InlineData(0, 65535, 1)]
    public void A_range_of_ports_becomes_few_prefixes(int first, int last, int prefixes)
    {
        PolicyTraffic[] parts = [.. PolicyTraffic.OfPorts(300, IpProtocol.Tcp, (ushort)first, (ushort)last)];

        Assert.Equal(prefixes, parts.Length);
        Assert.Equal(last - first + 1, parts.Sum(part => 1 << (PolicyKey.MaxSuffix - part.Suffix)));
    }

    private static IdentityPolicyTables Compile(PolicyLab lab) =>
        IdentityPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);

    private static uint IdentityOf(IdentityPolicyTables tables, string address) =>
        tables.IdentityOf(IpAddress.Parse(address).V4, 4);
}
