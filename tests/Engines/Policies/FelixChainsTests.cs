using System.Diagnostics;
using System.Globalization;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Policies;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Tests.Policies;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// Felix's shape: names, the order of a pod's chain, sets; and that other programs read it as we walk it.
/// </summary>
public class FelixChainsTests
{
    private const string WebFromDb = "from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: "
        + "80}, {port: 443}]";

    [Theory]
    [InlineData("default", "nginx", "calic440f455693")]
    public void A_pods_veth_has_the_name_that_Calico_gives_it(string podNamespace, string pod, string veth) =>
        Assert.Equal(veth, FelixNames.VethOf(podNamespace, pod));

    [Theory]
    [InlineData("cali-pi-", "short", "cali-pi-short")]
    [InlineData("cali-pi-", "exactly-twenty-chars", "cali-pi-exactly-twenty-chars")]
    [InlineData("cali-pi-", "_exactly-twentychars", "cali-pi-_")]
    [InlineData("cali-pi-", "one-more-than-twenty-", "cali-pi-_")]
    public void A_chains_name_has_28_letters_at_most(string prefix, string suffix, string begin)
    {
        string name = FelixNames.Limited(prefix, suffix, FelixNames.MaxChainName);

        Assert.StartsWith(begin, name, StringComparison.Ordinal);
        Assert.Equal(Math.Min(FelixNames.MaxChainName, prefix.Length + suffix.Length), name.Length);
    }

    [Fact]
    public void A_policys_chain_and_its_pods_chain_read_as_Felix_writes_them()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.Ingress("web", WebFromDb));
        using ChainPolicyTables tables = Compile(lab);
        string set = Assert.Single(tables.RulesetOf(0, 4).Sets).Name;

        string[] rules =
            [.. Lines(tables, node: 0).Where(line => line.StartsWith("-A cali-pi-", StringComparison.Ordinal)
                || line.StartsWith("-A cali-tw-" + FelixNames.VethOf("shop", "web"), StringComparison.Ordinal))];

        Assert.StartsWith("cali40s:", set, StringComparison.Ordinal);
        Assert.Equal(31, set.Length);
        string chain = "cali-tw-" + FelixNames.VethOf("shop", "web");
        Assert.Equal(
            [
                "-A cali-pi-knp/shop/web -p tcp -m comment --comment \"Policy shop/web ingress\" -m set "
                + $"--match-set {set} src -m multiport --dports 80,443 -j MARK --set-xmark 0x10000/0x10000",
                $"-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                $"-A {chain} -m conntrack --ctstate INVALID -j DROP",
                $"-A {chain} -j MARK --set-xmark 0x0/0x30000",
                $"-A {chain} -m comment --comment \"Start of tier default\" -j MARK --set-xmark 0x0/0x20000",
                $"-A {chain} -m mark --mark 0x0/0x20000 -j cali-pi-knp/shop/web",
                $"-A {chain} -m comment --comment \"Return if policy accepted\" -m mark "
                + "--mark 0x10000/0x10000 -j RETURN",
                $"-A {chain} -m comment --comment \"End of tier default. "
                + "Drop if no policies passed packet\" -m mark --mark 0x0/0x20000 -j DROP",
                $"-A {chain} -j cali-pri-kns.shop",
                $"-A {chain} -m comment --comment \"Return if profile accepted\" -m mark "
                + "--mark 0x10000/0x10000 -j RETURN",
                $"-A {chain} -m comment --comment \"Drop if no profiles matched\" -j DROP",
            ],
            rules);
    }

    [Fact]
    public void A_pod_with_known_labels_is_one_more_member_and_no_more_rule()
    {
        string policies = Manifests.Ingress("web", WebFromDb);
        using PolicyLab before = PolicyLab.Of(Manifests.Shop + policies);
        using PolicyLab after = PolicyLab.Of(
            Manifests.Shop + Manifests.Pod("db-2", "db", "node1", "10.244.1.9")
            + Manifests.Pod("db-3", "db", "node1", "10.244.1.10") + policies);
        using ChainPolicyTables few = Compile(before);
        using ChainPolicyTables more = Compile(after);

        Assert.Equal(few.PolicyRuleCount, more.PolicyRuleCount);
        Assert.Equal(few.SetCount, more.SetCount);
        Assert.Equal(few.MemberCount + 2, more.MemberCount);
    }

    [Fact]
    public void Pods_of_one_identity_share_their_compiled_chains()
    {
        string first = Manifests.Pod("api-2", "api", "node1", "10.244.1.8"),
            second = Manifests.Pod("api-3", "api", "node2", "10.244.2.8");
        using PolicyLab before = PolicyLab.Of(Manifests.Shop + first + Manifests.DenyAll);
        using PolicyLab after = PolicyLab.Of(Manifests.Shop + first + second + Manifests.DenyAll);
        using ChainPolicyTables few = Compile(before);
        using ChainPolicyTables more = Compile(after);

        Assert.Equal(few.RuleCount, more.RuleCount);
    }

    [Fact]
    public void Each_policy_that_selects_the_pod_costs_the_walk_three_rules_more()
    {
        // The jump, the policy's own rule, and the question whether it accepted.
        Assert.Equal(3 * 4, Visited(policies: 10) - Visited(policies: 6));
    }

    [Theory]
    [InlineData(IpProtocol.Udp, 4789)]
    [InlineData(IpProtocol.IpInIp, 0)]
    public void A_pod_cannot_send_tunnels_past_its_policies(byte protocol, int port)
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop);
        using ChainPolicyTables tables = Compile(lab);
        var engine = new ChainPolicyEngine(tables);
        var flow = new PolicyFlow(lab.Pod("web"), lab.Pod("db"), protocol, (ushort)port);

        PolicyVerdict refused = lab.Judge(in engine, in flow, PolicyDirection.Egress)!.Value;

        Assert.Equal(new PolicyVerdict(false, PolicyVerdict.TunnelFromPod), refused);
        Assert.Equal(
            new PolicyVerdict(true, PolicyVerdict.NotIsolated), lab.Judge(in engine, in flow, PolicyDirection.Ingress));
        PolicyQuestion question = ModelVerdicts.QuestionOf(lab.Model, in flow, PolicyDirection.Egress)!.Value;
        PolicyExplanation explanation = PolicyExplainer.Explain(lab.Model, question, refused);
        Assert.False(explanation.IsAllowed);
        Assert.Contains("sends a tunnel's packet", explanation.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watched_walk_names_the_rules_that_it_looked_at()
    {
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + Manifests.Ingress("web", WebFromDb));
        using ChainPolicyTables tables = Compile(lab);
        FlowKey key = lab.KeyOf(new PolicyFlow(lab.Pod("api"), lab.Pod("web"), IpProtocol.Tcp, 80));
        int web = lab.EndpointOf(lab.Pod("web"));
        List<(int Rule, bool Matched)> visited = [];
        var trace = new ChainTraceRules(visited);

        PolicyVerdict verdict = new ChainPolicyEngine(tables).Walk(
            new PolicyQuery(in key) { Direction = PolicyDirection.Ingress, Endpoint = web, Peer = default }, ref trace);

        Assert.Equal(new PolicyVerdict(false, PolicyVerdict.DefaultDeny), verdict);
        (string chain, string text) = tables.RuleAt(visited[^1].Rule, 4, web);
        Assert.True(visited[^1].Matched);
        Assert.Equal("cali-tw-" + FelixNames.VethOf("shop", "web"), chain);
        Assert.Contains("End of tier default. Drop if no policies passed packet", text, StringComparison.Ordinal);
        Assert.Contains(
            visited, rule => !rule.Matched && tables.RuleAt(rule.Rule, 4, web).Chain == "cali-pi-knp/shop/web");
    }

    [Fact]
    public void Netfilters_rules_read_from_the_print_give_the_verdicts_of_the_walk()
    {
        int dropped = 0, asked = 0;
        for (int seed = 1; seed <= 60; seed++)
        {
            var random = new RandomPolicies(seed);
            using var lab = new PolicyLab(random.Snapshot);
            using ChainPolicyTables tables = Compile(lab);
            PolicyFlow[] flows = [.. random.Flows(60).Where(flow => flow.Source.Address.IsV4)];
            for (int node = 0; node < lab.Network.Nodes.Length; node++)
            {
                using var kernel = new PrintedRules(tables, lab, node);
                foreach (PolicyFlow flow in flows.Where(kernel.Forwards))
                {
                    bool isAllowed = kernel.IsAllowedByWalk(in flow);
                    Assert.True(isAllowed == kernel.IsAllowed(in flow),
                        $"seed {seed}, node {node}: {flow.In(random.Snapshot)} is allowed by one of both");
                    asked++;
                    if (!isAllowed) dropped++;
                }
            }
        }

        Assert.InRange(asked, 500, int.MaxValue);
        Assert.InRange(dropped, asked / 10, asked * 9 / 10);
    }

    [Fact]
    public void Ipset_and_iptables_take_what_is_printed()
    {
        var script = new System.Text.StringBuilder();
        for (int seed = 1; seed <= 20; seed++)
        {
            var random = new RandomPolicies(seed);
            using var lab = new PolicyLab(random.Snapshot);
            using ChainPolicyTables tables = Compile(lab);
            foreach (int family in (int[])[4, 6])
            {
                IptablesRuleset rules = tables.RulesetOf(0, family);
                string command = family == 4 ? "iptables-restore" : "ip6tables-restore";
                script.Append(CultureInfo.InvariantCulture,
                    $"ipset restore <<'END' || exit 1\n{string.Join('\n', rules.Sets)}\nEND\n");
                using var text = new StringWriter(CultureInfo.InvariantCulture);
                rules.WriteTo(text, family);
                script.Append(
                    CultureInfo.InvariantCulture, $"{command} --test <<'END' || exit 1\n{text}END\nipset destroy\n");
            }
        }

        if (Run("true", out string why) != 0) Assert.Skip($"no network namespace here: {why}");
        if (Run("command -v ipset && command -v iptables-restore && ipset list -n", out why) != 0)
            Assert.Skip($"no ipset here: {why}");
        Assert.True(Run(script.ToString(), out string output) == 0, output);
    }

    private static ChainPolicyTables Compile(PolicyLab lab) =>
        ChainPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);

    private static string[] Lines(ChainPolicyTables tables, int node) =>
        tables.RulesetOf(node, 4).ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static int Visited(int policies)
    {
        string manifests = string.Concat(Enumerable.Range(0, policies).Select(number =>
            Manifests.Ingress("web", "from: [{podSelector: {matchLabels: {app: db}}}]")
                .Replace("name: web", $"name: web-{number}", StringComparison.Ordinal)));
        using PolicyLab lab = PolicyLab.Of(Manifests.Shop + manifests);
        using ChainPolicyTables tables = Compile(lab);
        FlowKey key = lab.KeyOf(new PolicyFlow(lab.Pod("api"), lab.Pod("web"), IpProtocol.Tcp, 80));
        var trace = default(ChainTraceCount);
        new ChainPolicyEngine(tables).Walk(
            new PolicyQuery(in key)
            {
                Direction = PolicyDirection.Ingress,
                Endpoint = lab.EndpointOf(lab.Pod("web")),
                Peer = default,
            }, ref trace);
        return trace.VisitedCount;
    }

    private static int Run(string script, out string output)
    {
        var start = new ProcessStartInfo("unshare", ["-rn", "sh"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Write(script);
            process.StandardInput.Close();
            output = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            output = error.Message;
            return -1;
        }
    }
}
