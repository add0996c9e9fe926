using System.Text.Json;
using Dataplane.Tests.Capture;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary><c>--routes NODE=FILE</c> as it is typed, with the two nodes of <c>pcaps/two-nodes</c>.</summary>
public class RoutesOptionTests
{
    [Fact]
    public void With_direct_routes_on_both_nodes_nothing_is_encapsulated()
    {
        using var first = new TemporaryFile(".routes");
        using var second = new TemporaryFile(".routes");
        File.WriteAllText(first.Path, DirectTo(2));
        File.WriteAllText(second.Path, DirectTo(1));

        Assert.InRange(Encapsulated(), 1, long.MaxValue);
        Assert.InRange(Encapsulated("--routes", $"node-1={first.Path}"), 1, Encapsulated() - 1);
        Assert.Equal(0, Encapsulated("--routes", $"node-1={first.Path}", "--routes", $"node-2={second.Path}"));
    }

    [Fact]
    public void A_trace_tells_the_way_that_the_node_s_routes_have()
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, DirectTo(2));
        string[] trace = ["trace", "-f", Pcaps("manifests.yaml"), "--from", "10.244.1.10", "--to", "10.244.2.20",
            "--protocol", "udp", "--port", "9"];

        Assert.Contains("flannel.1", BuiltProgram.Run(trace).Out, StringComparison.Ordinal);
        BuiltProgram.Outcome outcome = BuiltProgram.Run([.. trace, "--routes", $"node-1={file.Path}"]);
        Assert.Contains("to node-2 over eth0", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public void A_gateway_of_no_node_is_one_line_and_exit_code_2()
    {
        using var file = new TemporaryFile(".routes");
        File.WriteAllText(file.Path, "10.244.2.0/24 via 10.9.9.9 dev eth0\n");
        BuiltProgram.Outcome outcome = BuiltProgram.Run(Replay("--routes", $"node-1={file.Path}"));

        Assert.Equal(
            $"dataplane: {file.Path}:1: 10.244.2.0/24: the gateway 10.9.9.9 is no node's address: "
            + "give the routes of this cluster's node",
            outcome.OneLine);
        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public void A_file_that_is_not_there_is_one_line_and_exit_code_2()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run(Replay("--routes", "node-1=missing.routes"));

        Assert.Equal("dataplane: missing.routes: no such file", outcome.OneLine);
        Assert.Equal(2, outcome.ExitCode);
    }

    private static string DirectTo(int node) =>
        $"default via 192.168.56.1 dev eth0\n10.244.{node}.0/24 via 192.168.56.1{node} dev eth0\n";

    private static long Encapsulated(params string[] more)
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run(Replay([.. more, "-o", "json"]));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        return json.RootElement.GetProperty("encapsulated").GetInt64();
    }

    private static string[] Replay(params string[] more) =>
        ["replay", "-f", Pcaps("manifests.yaml"), "-r", Pcaps("pod.pcap.gz"), .. more];

    private static string Pcaps(string file) => Path.Combine(Architecture.SourceTree.Root, "pcaps", "two-nodes", file);
}
