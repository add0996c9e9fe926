using System.Text.Json;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary><c>dataplane trace</c> as it is typed.</summary>
public class TraceVerbTests
{
    private const string Client = "default/loadgen-1";

    [Fact]
    public void A_person_reads_the_sentence_first_and_marks_at_what_matched()
    {
        BuiltProgram.Outcome outcome = Run("--from", Client, "--to", "svc/shop/postgres", "--proxy", "iptables");

        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith(
            "A packet from pod default/loadgen-1 to Service shop/postgres reaches pod shop/postgres-0 on node-2 as "
            + "10.244.2.12:5432. The reply comes back from 10.96.13.54:5432, as the client expects.\n",
            outcome.Out,
            StringComparison.Ordinal);
        Assert.Contains("\n  * select                rule        nat PREROUTING 1: -A PREROUTING ",
            outcome.Out, StringComparison.Ordinal);
        Assert.Contains("\nand back\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_keys_of_the_contract()
    {
        using JsonDocument json = JsonDocument.Parse(
            Run("--from", Client, "--to", "svc/shop/postgres", "-o", "json").Out);
        JsonElement root = json.RootElement;

        string[] contract = ["schemaVersion", "verdict", "reason", "stage", "node", "policy", "rule", "source",
            "sentence", "sent", "delivered", "wire", "steps"];
        Assert.Empty(contract.Except(root.EnumerateObject().Select(property => property.Name)));
        Assert.Equal("forwarded", root.GetProperty("verdict").GetString());
        Assert.Equal(5432, root.GetProperty("delivered").GetProperty("dstPort").GetInt32());
        Assert.Contains("manifests.yaml:", root.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Empty(
            new[] { "node", "device", "stage", "action", "detail" }
                .Except(root.GetProperty("steps")[0].EnumerateObject().Select(property => property.Name)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1, "--fail-on-drop")]
    public void A_drop_answers_the_question_unless_it_counts_as_a_no(int expected, params string[] arguments)
    {
        BuiltProgram.Outcome outcome = Run(["--from", Client, "--to", "svc/shop/legacy", .. arguments]);

        Assert.Equal(expected, outcome.ExitCode);
        Assert.Contains(
            "is dropped at node-2: the Service has no endpoint that is ready.", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packet_of_a_capture_finds_the_connection_of_those_before_it()
    {
        string capture = Path.Combine(Golden.GoldenFolder.RepositoryRoot, "pcaps/three-tier/app.pcap.gz");

        BuiltProgram.Outcome outcome = Run("-r", capture, "--packet", "100");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("10.244.1.6:53 becomes 10.96.0.10:53", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "--from default/loadgn-1: the manifests have no such pod with an address: did you mean default/loadgen-1?",
        "--from", "default/loadgn-1", "--to", "1.1.1.1")]
    [InlineData("--to svc/shop/frontnd: the manifests have no such Service: did you mean svc/shop/frontend?",
        "--from", Client, "--to", "svc/shop/frontnd")]
    [InlineData("--to fronted.shop.svc: the manifests have no such Service: did you mean frontend.shop.svc?",
        "--from", Client, "--to", "fronted.shop.svc")]
    [InlineData("--to node/node-7: the manifests have no such node: did you mean node/node-1?",
        "--from", Client, "--to", "node/node-7")]
    [InlineData("--to 1.1.1.1: which port? name it with --port N", "--from", Client, "--to", "1.1.1.1")]
    [InlineData("--to svc/kube-system/kube-dns: which port? name it with --port N (known: 53)",
        "--from", Client, "--to", "svc/kube-system/kube-dns")]
    [InlineData("which packet? give --from WHO and --to WHERE", "--from", Client)]
    [InlineData("unknown value of --protocol gre", "--from", Client, "--to", "1.1.1.1", "--protocol", "gre")]
    [InlineData("--port 70000: ports end at 65535", "--from", Client, "--to", "1.1.1.1", "--port", "70000")]
    public void What_cannot_be_is_one_line(string expected, params string[] arguments)
    {
        BuiltProgram.Outcome outcome = Run(arguments);

        Assert.StartsWith("dataplane: " + expected, outcome.OneLine, StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    private static BuiltProgram.Outcome Run(params string[] arguments) =>
        BuiltProgram.Run(["trace", "-f", Scenarios.Traced.ManifestPath, "--set", "pod.attach=routed", .. arguments]);
}
