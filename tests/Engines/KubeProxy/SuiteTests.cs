using System.Globalization;
using System.Text.Json;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.KubeProxy;
using Xunit;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>What kube-proxy's own tests expect of its names, rules and packets.</summary>
public class SuiteTests
{
    /// <summary>What the suite's kube-proxy (v1.32) writes and v1.30 does not.</summary>
    private static readonly (string Words, string Replacement, string Reason)[] Differences =
    [
        (" -m nfacct --nfacct-name ct_state_invalid_dropped_pkts", "", "v1.30 does not count what it drops as INVALID"),
        (" -d 127.0.0.0/8 --dport {0} -m nfacct --nfacct-name localhost_nps_accepted_pkts",
            "-", "v1.30 does not count localhost's node ports by a rule of their own"),
    ];

    [Fact]
    public void Chain_names_are_kube_proxys()
    {
        JsonElement[] vectors = [.. SuiteCase.Read("names.json").GetProperty("vectors").EnumerateArray()];

        Assert.Equal(11, vectors.Length);
        foreach (JsonElement vector in vectors)
            Assert.Equal(
                vector.GetProperty("hash").GetString(), ChainName.HashOf(vector.GetProperty("input").GetString()!));
    }

    [Fact]
    public void Probabilities_are_written_as_kube_proxy_writes_them()
    {
        foreach (JsonProperty vector in SuiteCase.Read("names.json").GetProperty("probability").EnumerateObject())
            Assert.Equal(
                vector.Value.GetString(), Probability.Written(int.Parse(vector.Name, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(2, "0.50000000000")]
    [InlineData(3, "0.33333333349")]
    [InlineData(5, "0.20000000019")]
    public void Probabilities_are_printed_as_iptables_save_prints_what_the_kernel_keeps(
        int endpoints, string printed) =>
        Assert.Equal(printed, Probability.Saved(endpoints));

    [Fact]
    public void Every_expected_ruleset_is_reproduced_chain_by_chain()
    {
        HashSet<string> seen = [];
        SuiteCase[] cases = [.. SuiteCase.All().Where(one => one.ExpectedRules is not null)];

        Assert.Equal(["overall-rules", "repeated-initial"], cases.Select(one => one.Name));
        foreach (SuiteCase one in cases)
        {
            Dictionary<string, List<string>> expected = SavedRule.ByChain(WithoutDifferences(one.ExpectedRules!, seen));
            Dictionary<string, List<string>> ours = SavedRule.ByChain(one.Rules());
            string[] others = [.. ours.Keys.Except(expected.Keys)
                .Where(chain => !chain.Contains(" KUBE-PROXY-CANARY", StringComparison.Ordinal))];

            foreach ((string chain, List<string> rules) in expected) Assert.Equal(rules, ours.GetValueOrDefault(chain));
            Assert.All(others, chain => Assert.DoesNotContain(" KUBE-S", chain, StringComparison.Ordinal));
        }

        Assert.Equal(Differences.Length, seen.Count);
    }

    [Fact]
    public void Every_flow_for_iptables_reaches_the_expected_endpoints_in_order()
    {
        int rows = 0;
        List<string> wrong = [];
        IReadOnlyList<SuiteCase> cases = SuiteCase.All();
        foreach (SuiteCase one in cases.Where(one => one.IsForIptables))
        {
            IptablesRuleset rules = one.Rules();
            foreach (SuiteFlow flow in one.Flows)
            {
                rows++;
                var expected = (flow.Output, flow.Masquerade);
                if (EveryPath.Of(rules, one.Node, flow) is { } walked && walked != expected)
                    wrong.Add($"{one.Name}: {flow.Name}: {walked}, expected {expected}");
                if (EvaluatedFlow.Of(rules, one.Node, flow) is { } evaluated && evaluated != expected)
                    wrong.Add($"{one.Name}: {flow.Name}, evaluated: {evaluated}, expected {expected}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal((92, 3), (rows, cases.Count(one => !one.IsForIptables)));
    }

    [Fact]
    public void A_load_balancer_address_of_mode_Proxy_is_in_no_rule()
    {
        SuiteCase one = SuiteCase.All().Single(one => one.Name == "lb-ipmode-Proxy");

        string rules = one.Rules().ToString();

        Assert.Contains("cluster IP", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("loadbalancer IP", rules, StringComparison.Ordinal);
    }

    private static string WithoutDifferences(string expected, HashSet<string> seen)
    {
        IEnumerable<string> lines = expected.Split('\n').Select(line =>
        {
            foreach ((string words, string replacement, string reason) in Differences)
            {
                string[] parts = words.Split("{0}");
                if (!parts.All(part => line.Contains(part, StringComparison.Ordinal))) continue;

                seen.Add(reason);
                return replacement == "-" ? "" : line.Replace(words, replacement, StringComparison.Ordinal);
            }

            return line;
        });
        return string.Join('\n', lines);
    }
}
