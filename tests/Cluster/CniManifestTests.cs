using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Tests.Cluster.Cni;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Cluster;

/// <summary>The objects that CNIs keep: what is read of them, and what is said of bad ones.</summary>
public class CniManifestTests
{
    private const string Namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n";

    private static readonly ClusterSnapshot All = ManifestReader.ReadText(OneOfEachCni.Yaml, "all.yaml");

    [Fact]
    public void Every_object_is_read_and_none_is_unmodelled()
    {
        Assert.Empty(All.Findings);
        Assert.Empty(All.Unmodelled);
    }

    [Fact]
    public void Calicos_pool_and_blocks_are_read()
    {
        CalicoPool pool = Assert.Single(All.Calico.Pools);
        Assert.Equal(
            new CalicoPool("pool", new SourceLine("all.yaml", 13))
            {
                Cidr = IpPrefix.Parse("10.0.0.0/16"),
                IpIpMode = EncapsulationMode.CrossSubnet,
                NatOutgoing = true,
                Disabled = true,
                BlockSize = 28,
            },
            pool);
        CalicoAffinity affinity = Assert.Single(All.Calico.Affinities);
        Assert.Equal(("10.0.0.0/28", "n1", true), (affinity.Cidr.ToString(), affinity.Node, affinity.IsConfirmed));
        CalicoBlock block = Assert.Single(All.Calico.Blocks);
        Assert.Equal(("10.0.0.0/28", "n1"), (block.Cidr.ToString(), block.Node));
        Assert.Equal(new int?[] { null, 0 }, block.Allocations);
        Assert.Equal([new CalicoAllocation("ipip-tunnel-addr-n1", "n1")], block.Attributes);
    }

    [Fact]
    public void Calicos_configurations_are_read()
    {
        CalicoBgp bgp = Assert.Single(All.Calico.BgpConfigurations);
        Assert.Equal((0x1000Au, false), (bgp.AsNumber, bgp.NodeToNodeMesh));
        Assert.Equal(
            new CalicoFelix("default", new SourceLine("all.yaml", 37))
            {
                IpIpMtu = 1400,
                VxlanPort = 4790,
                VxlanVni = 7,
                BpfEnabled = true,
            },
            Assert.Single(All.Calico.FelixConfigurations));
    }

    [Fact]
    public void Ciliums_nodes_endpoints_and_identities_are_read()
    {
        CiliumNode node = Assert.Single(All.Cilium.Nodes);
        Assert.Equal(["192.168.1.1"], node.InternalIps.Select(address => address.ToString()));
        Assert.Equal(["10.0.0.9"], node.RouterIps.Select(address => address.ToString()));
        Assert.Equal(["10.0.0.0/24", "10.1.0.0/24"], node.PodCidrs.Select(prefix => prefix.ToString()));
        CiliumEndpoint endpoint = Assert.Single(All.Cilium.Endpoints);
        Assert.Equal(("shop", "web", 4711u), (endpoint.Namespace, endpoint.Name, endpoint.Identity));
        CiliumIdentity identity = Assert.Single(All.Cilium.Identities);
        Assert.Equal((4711u, "web"), (identity.Id, identity.SecurityLabels["k8s:app"]));
    }

    [Fact]
    public void OpenShifts_subnets_netids_and_network_are_read()
    {
        HostSubnet subnet = Assert.Single(All.OpenShift.HostSubnets);
        Assert.Equal(
            ("n1", "192.168.1.1", "10.0.0.0/23"), (subnet.Host, subnet.HostIp.ToString(), subnet.Subnet.ToString()));
        Assert.Equal(("shop", 5u), (All.OpenShift.NetNamespaces[0].Namespace, All.OpenShift.NetNamespaces[0].NetId));
        OpenShiftNetwork network = Assert.Single(All.OpenShift.ClusterNetworks);
        Assert.Equal(
            ("10.0.0.0/14", "redhat/openshift-ovs-networkpolicy", (ushort?)4799, (int?)8000),
            (Assert.Single(network.Cidrs).ToString(), network.Plugin, network.VxlanPort, network.Mtu));
    }

    [Theory]
    [InlineData("IPPool", "crd.projectcalico.org/v1",
        "spec: {ipipMode: Always}", "a.yaml:1: IPPool a has no spec.cidr")]
    [InlineData("IPPool", "projectcalico.org/v3", "spec: {cidr: 10.0.0/16}",
        "a.yaml:4: spec.cidr is \"10.0.0/16\", not a CIDR (an address/length)")]
    [InlineData("IPPool", "crd.projectcalico.org/v1", "spec: {cidr: 10.0.0.0/16, ipipMode: Sometimes}",
        "a.yaml:4: spec.ipipMode is \"Sometimes\", not Always, CrossSubnet or Never")]
    [InlineData("BlockAffinity", "crd.projectcalico.org/v1", "spec: {cidr: 10.0.0.0/26}",
        "a.yaml:1: BlockAffinity a has no spec.node")]
    [InlineData("IPAMBlock", "crd.projectcalico.org/v1", "spec: {cidr: 10.0.0.0/26, allocations: [x]}",
        "a.yaml:4: spec.allocations[] is \"x\", not a number from 0 to 4096")]
    [InlineData("BGPConfiguration", "crd.projectcalico.org/v1", "spec: {asNumber: home}",
        "a.yaml:4: spec.asNumber is \"home\", not an AS number")]
    [InlineData("FelixConfiguration", "crd.projectcalico.org/v1", "spec: {vxlanVNI: 16777216}",
        "a.yaml:4: spec.vxlanVNI is \"16777216\", not a number from 0 to 16777215")]
    [InlineData("CiliumIdentity", "cilium.io/v2", "security-labels: {}",
        "a.yaml:1: CiliumIdentity has the name \"a\", not a number")]
    [InlineData("CiliumEndpoint", "cilium.io/v2", "status: {identity: {id: many}}",
        "a.yaml:4: status.identity.id is \"many\", not a number from 0 to 50331647")]
    [InlineData("HostSubnet", "network.openshift.io/v1", "hostIP: 10.0.0.1", "a.yaml:1: HostSubnet a has no subnet")]
    [InlineData("NetNamespace", "network.openshift.io/v1", "netname: a", "a.yaml:1: NetNamespace a has no netid")]
    [InlineData("ClusterNetwork", "network.openshift.io/v1", "clusterNetworks: [{hostSubnetLength: 9}]",
        "a.yaml:4: clusterNetworks[] has no CIDR")]
    [InlineData("ClusterNetwork", "network.openshift.io/v1",
        "mtu: 1450", "a.yaml:1: ClusterNetwork a has no clusterNetworks")]
    public void A_bad_object_is_left_out_with_file_and_line(
        string kind, string version, string rest, string expected) =>
        Assert.Equal(
            $"{expected}: this object is left out",
            Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(
                $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}\n", "a.yaml")).Message);

    [Theory]
    [InlineData("IPPool", "crd.projectcalico.org/v1", "IPPool a has no spec.cidr")]
    [InlineData("BlockAffinity", "crd.projectcalico.org/v1", "BlockAffinity a has no spec.cidr")]
    [InlineData("IPAMBlock", "crd.projectcalico.org/v1", "IPAMBlock a has no spec.cidr")]
    [InlineData("CiliumIdentity", "cilium.io/v2", "CiliumIdentity has the name \"a\", not a number")]
    [InlineData("HostSubnet", "network.openshift.io/v1", "HostSubnet a has no subnet")]
    [InlineData("NetNamespace", "network.openshift.io/v1", "NetNamespace a has no netid")]
    [InlineData("ClusterNetwork", "network.openshift.io/v1", "ClusterNetwork a has no clusterNetworks")]
    [InlineData("EgressIP", "k8s.ovn.org/v1", "EgressIP a has no spec.egressIPs")]
    public void An_object_of_which_only_the_name_is_there_is_left_out_with_file_and_line(
        string kind, string version, string expected)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            $"{Namespace}---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n", "a.yaml");
        Finding finding = Assert.Single(snapshot.Findings);
        Assert.Equal((Severity.Damage, $"a.yaml:3: {expected}: this object is left out"),
            (finding.Severity, finding.ToString()));
    }

    [Theory]
    [InlineData("BGPConfiguration", "crd.projectcalico.org/v1")]
    [InlineData("FelixConfiguration", "crd.projectcalico.org/v1")]
    [InlineData("CiliumNode", "cilium.io/v2")]
    [InlineData("CiliumEndpoint", "cilium.io/v2")]
    public void An_object_all_of_whose_fields_have_defaults_may_be_empty(string kind, string version)
    {
        foreach (string spec in new[] { "", "spec: {}\n", "spec:\nstatus:\n" })
        {
            ClusterSnapshot snapshot = ManifestReader.ReadText(
                $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{spec}", "a.yaml");
            Assert.Empty(snapshot.Findings);
            Assert.Equal(
                1,
                snapshot.Calico.BgpConfigurations.Length + snapshot.Calico.FelixConfigurations.Length
                    + snapshot.Cilium.Nodes.Length + snapshot.Cilium.Endpoints.Length);
        }
    }

    [Theory]
    [InlineData("IPPool", "crd.projectcalico.org/v1", "a list")]
    [InlineData("BlockAffinity", "crd.projectcalico.org/v1", "a list")]
    [InlineData("IPAMBlock", "crd.projectcalico.org/v1", "a list")]
    [InlineData("BGPConfiguration", "crd.projectcalico.org/v1", "a list")]
    [InlineData("FelixConfiguration", "crd.projectcalico.org/v1", "a list")]
    [InlineData("CiliumNode", "cilium.io/v2", "a list")]
    public void A_spec_that_is_no_map_is_named_with_file_and_line(string kind, string version, string what)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            $"{Namespace}---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: [b]\n", "a.yaml");
        Finding finding = Assert.Single(snapshot.Findings);
        Assert.Equal($"a.yaml:6: spec is {what} where a map must be: this object is left out", finding.ToString());
    }

    [Theory]
    [InlineData("k8s.ovn.org/v1", "EgressService")]
    [InlineData("cilium.io/v2", "CiliumNetworkPolicy")]
    [InlineData("projectcalico.org/v3", "NetworkPolicy")]
    public void What_could_change_a_verdict_and_is_not_modelled_is_said(string version, string kind)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n", "a.yaml");
        Assert.Equal(
            new UnmodelledKind(version, kind, 1, new SourceLine("a.yaml", 1), CanChangeVerdict: true),
            Assert.Single(snapshot.Unmodelled));
    }
}
