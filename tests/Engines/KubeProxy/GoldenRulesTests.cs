using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Tests.Golden;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>The rules that ran in the labs, written again from the labs' manifests.</summary>
public class GoldenRulesTests
{
    private const string NotInManifest = "the lab's EndpointSlice has port 5000 alone, "
        + "its rules have two endpoints at 5001";

    /// <summary>
    /// Chains of the labs' dumps that the manifests do not lead to, whether kube-proxy would
    /// have one of that name, and why.
    /// </summary>
    private static readonly (string Chain, bool IsWritten, string Reason)[] Foreign =
    [
        ("KUBE-KUBELET-CANARY", false, "the kubelet's"),
        ("POLICY", false, "the lab's network policies"),
        ("PI-", false, "the lab's network policies"),
        ("PE-", false, "the lab's network policies"),
        ("KUBE-SVC-VTRWU2HIUGMWGS6B", true, NotInManifest),
        ("KUBE-SEP-F43T7YYEBTMALCKA", false, NotInManifest),
        ("KUBE-SEP-MBHGXA6T57M6Y5YE", false, NotInManifest),
    ];

    public static readonly TheoryData<string, string, string> Labs = new()
    {
        { "40-kube-proxy/routed-veth", "ruleset.txt", "node1" },
        { "40-kube-proxy/bridge-brnf", "ruleset.txt", "node1" },
        { "40-kube-proxy/routed-veth-nth", "ruleset.txt", "node1" },
        { "50-three-tier", "iptables-save-node-1.txt", "node-1" },
        { "50-three-tier", "iptables-save-node-2.txt", "node-2" },
    };

    [Theory]
    [MemberData(nameof(Labs))]
    public void The_rules_of_a_lab_are_written_again_from_its_manifests(string lab, string dump, string node)
    {
        string manifests = lab.StartsWith("40", StringComparison.Ordinal) ? "services.yaml" : "manifests.yaml";
        ClusterSnapshot cluster = ManifestReader.Read(
            [GoldenFolder.PathOf($"{lab}/{manifests}")], cancellation: TestContext.Current.CancellationToken);
        Node? known = cluster.Nodes.FirstOrDefault(one => one.Name == node);
        var options = new KubeProxyOptions { ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16")], RandomFully = false };

        Dictionary<string, List<string>> ours = SavedRule.ByChain(KubeProxyRules.Write(
            ServiceModel.Compile(cluster), known is null ? new ProxyNode(node) : ProxyNode.Of(known), options));
        Dictionary<string, List<string>> theirs = SavedRule.ByChain(GoldenFolder.ReadText($"{lab}/{dump}"));
        string[] compared =
            [.. theirs.Keys.Where(chain => !Foreign.Any(one => chain.Contains(one.Chain, StringComparison.Ordinal)))];

        Assert.True(compared.Length > 30, $"only {compared.Length} chains");
        foreach (string chain in compared)
        {
            IEnumerable<string> rules = theirs[chain].Where(rule =>
                !rule.Contains("-j POLICY", StringComparison.Ordinal));
            Assert.Equal(rules, ours.GetValueOrDefault(chain));
        }

        IEnumerable<string> chains = ours.Keys.Where(chain => !chain.StartsWith("mangle", StringComparison.Ordinal));
        IEnumerable<string> written = theirs.Keys.Where(
            chain => !Foreign.Any(one => !one.IsWritten && chain.Contains(one.Chain, StringComparison.Ordinal)));
        Assert.Equal(written.Order(), chains.Order());
    }
}
