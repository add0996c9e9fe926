using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// <c>dataplane reach</c>, <c>policy lint</c> and <c>policy diff</c> as they are typed, at the zero-trust lab.
/// </summary>
public class PolicyVerbTests
{
    private const string Lab = """
        Z=pcaps/zero-trust/cluster.yaml
        E=pcaps/zero-trust/expect.txt
        CANAL="--set policy.enforcer=calico"

        """;

    [Theory]
    [InlineData("dataplane reach -f $Z $CANAL", 0)]
    [InlineData("dataplane reach -f $Z $CANAL --expect $E", 0)]
    [InlineData("dataplane reach -f $Z --expect $E", 1)]
    [InlineData("dataplane policy lint -f $Z $CANAL", 0)]
    [InlineData("dataplane policy lint -f $Z", 1)]
    [InlineData("dataplane policy diff $CANAL --old $Z --new $Z", 0)]
    [InlineData("dataplane policy diff $CANAL -f $Z --new pcaps/zero-trust/debug-access.yaml", 1)]
    [InlineData("sed 's/port: pg}/port: 70000}/' $Z > $T/bad.yaml; dataplane policy lint -f $T/bad.yaml", 2)]
    public void The_exit_code_is_the_answer(string command, int expected)
    {
        using var shell = new Shell();
        Assert.Equal(expected, shell.Run(Lab + command).ExitCode);
    }

    [Theory]
    [InlineData("dataplane reach", "no manifests: name the cluster's with -f PATH")]
    [InlineData("dataplane reach -f $Z -o junit", "-o junit reports tests: give them with --expect FILE")]
    [InlineData("dataplane reach -f $Z --port 80/icmp",
        "--port 80/icmp: give a port such as 80/tcp; protocols are tcp, udp, sctp")]
    [InlineData("dataplane reach -f $Z --include-external example.org",
        "--include-external example.org: give an address such as 203.0.113.9")]
    [InlineData("dataplane reach -f $Z --expect $T/none.txt", "none.txt: no such file")]
    [InlineData("dataplane reach -f $Z --from shop/app=frontent",
        "--from shop/app=frontent: no pod matches: asks for app=frontent; nearest is app=frontend in 1 pod")]
    [InlineData("dataplane policy", "policy what? Known: lint diff")]
    [InlineData("dataplane policy lnt -f $Z", "unknown policy lnt: did you mean lint? Known: lint diff")]
    [InlineData("dataplane policy lint -f $Z --old $Z", "--old is for policy diff")]
    [InlineData("dataplane policy diff --new $Z", "no manifests from before: name them with --old PATH")]
    [InlineData("dataplane policy lint -f $Z --set policy.enforcer=canal",
        "setting policy.enforcer=canal: allowed is calico, cilium, ovn-kubernetes or none")]
    public void What_cannot_be_is_one_line(string command, string expected)
    {
        using var shell = new Shell();
        Shell.Outcome outcome = shell.Run(Lab + command);

        Assert.EndsWith(expected, Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public void Reach_json_has_a_line_for_each_pair_with_policy_rule_and_source()
    {
        using JsonDocument json = Json("dataplane reach -f $Z $CANAL --to shop/app=database --include-services");

        JsonElement pair = json.RootElement.GetProperty("pairs").EnumerateArray().Single(pair =>
            pair.GetProperty("from").GetString() == "shop/backend-6b7f9-hj2nv"
            && pair.GetProperty("to").GetString() == "shop/database-0");
        Assert.Equal(
            ["from", "to", "port", "protocol", "allowed", "reason", "direction", "policy", "rule", "source"],
            pair.EnumerateObject().Select(field => field.Name));
        Assert.Equal("allowed-by-rule shop/database ingress[0]", string.Join(' ',
            pair.GetProperty("reason").GetString(), pair.GetProperty("policy").GetString(), pair.GetProperty("rule")
                .GetString()));
        Assert.StartsWith(
            "pcaps/zero-trust/cluster.yaml:", pair.GetProperty("source").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reach_json_counts_what_it_lists()
    {
        using JsonDocument json = Json(
            "dataplane reach -f $Z $CANAL --include-services --include-external 198.51.100.23 "
            + "--port 443 --port 53/udp");
        ILookup<bool, JsonElement> pairs = json.RootElement.GetProperty("pairs")
            .EnumerateArray().ToLookup(pair => pair.GetProperty("allowed").GetBoolean());

        Assert.Equal(
            (json.RootElement.GetProperty("allowed").GetInt64(), json.RootElement.GetProperty("denied").GetInt64()),
            (pairs[true].Count(), pairs[false].Count()));
        Assert.NotEmpty(pairs[false]);
        Assert.Contains(pairs[true], pair => pair.TryGetProperty("endpoint", out _));
    }

    [Fact]
    public void Policy_diff_json_has_the_pairs_and_the_line_that_opens_them()
    {
        using JsonDocument json = Json("dataplane policy diff $CANAL -f $Z --new pcaps/zero-trust/debug-access.yaml");

        JsonElement[] pairs = [.. json.RootElement.GetProperty("pairs").EnumerateArray()];
        Assert.Equal(3, json.RootElement.GetProperty("opened").GetInt64());
        Assert.Equal(
            ["ingress-nginx/ingress-nginx-6c9f7-k2m4p", "kube-system/coredns-7f8b9-q8x2d", "red-team/attacker"],
            pairs.Select(pair => pair.GetProperty("from").GetString()!));
        Assert.All(pairs,
            pair => Assert.Equal("pcaps/zero-trust/debug-access.yaml:11", pair.GetProperty("source").GetString()));
    }

    [Theory]
    [InlineData("dataplane reach -f $Z --expect $E", 5)]
    [InlineData("dataplane policy lint -f $Z", 1)]
    [InlineData("dataplane policy diff $CANAL -f $Z --new pcaps/zero-trust/debug-access.yaml", 3)]
    public void Sarif_has_what_its_schema_requires(string command, int results)
    {
        using JsonDocument json = Json(command, "sarif");

        Assert.Equal("2.1.0", json.RootElement.GetProperty("version").GetString());
        JsonElement run = Assert.Single(json.RootElement.GetProperty("runs").EnumerateArray());
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("dataplane", driver.GetProperty("name").GetString());
        string[] rules =
            [.. driver.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("id").GetString()!)];
        Assert.Equal(results, run.GetProperty("results").GetArrayLength());
        foreach (JsonElement result in run.GetProperty("results").EnumerateArray())
        {
            Assert.NotEmpty(result.GetProperty("message").GetProperty("text").GetString()!);
            Assert.Equal(result.GetProperty("ruleId").GetString(), rules[result.GetProperty("ruleIndex").GetInt32()]);
            Assert.Contains(result.GetProperty("level").GetString(), new[] { "note", "warning", "error" });
            JsonElement location = Assert.Single(result.GetProperty("locations").EnumerateArray())
                .GetProperty("physicalLocation");
            Assert.StartsWith("pcaps/zero-trust/",
                location.GetProperty("artifactLocation").GetProperty("uri").GetString(), StringComparison.Ordinal);
            Assert.InRange(location.GetProperty("region").GetProperty("startLine").GetInt32(), 1, 1000);
        }
    }

    [Theory]
    [InlineData("dataplane reach -f $Z --expect $E", 9, 5)]
    [InlineData("dataplane reach -f $Z $CANAL --expect $E", 9, 0)]
    [InlineData("dataplane policy lint -f $Z", 5, 1)]
    [InlineData("dataplane policy diff $CANAL -f $Z --old $Z --new $Z", 1, 0)]
    public void JUnit_counts_tests_and_failures(string command, int tests, int failures)
    {
        using var shell = new Shell();
        XElement suite = XDocument.Parse(shell.Run($"{Lab}{command} -o junit").Out).Root!.Element("testsuite")!;

        Assert.Equal((tests, failures), ((int)suite.Attribute("tests")!, (int)suite.Attribute("failures")!));
        Assert.Equal((tests, failures), (suite.Elements("testcase").Count(), suite.Descendants("failure").Count()));
    }

    private static JsonDocument Json(string command, string format = "json")
    {
        using var shell = new Shell();
        return JsonDocument.Parse(shell.Run($"{Lab}{command} -o {format}").Out);
    }
}
