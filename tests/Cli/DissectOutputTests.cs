using System.Text.Json;
using Dataplane.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// Wireshark's dissector judges what replay writes: every frame to its end, every checksum, every tunnel.
/// </summary>
public sealed class DissectOutputTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("three-tier", "three-tier/app.pcap.gz", "")]
    [InlineData("two-nodes", "two-nodes/pod.pcap.gz", "--at all")]
    [InlineData("two-nodes", "over-mtu/pod.pcap.gz", "--at all --set mtu.pod=1500")]
    [InlineData("dual-stack", "dual-stack/pod.pcap.gz", "--at all")]
    public void Every_frame_that_is_written_dissects_to_its_end(string cluster, string capture, string arguments)
    {
        RequireTshark();

        Shell.Outcome outcome = _shell.Run(
            $"""
            dataplane replay -f pcaps/{cluster}/manifests.yaml -r pcaps/{capture} -w $T/out.pcapng {arguments} -o json &&
            dataplane diff $T/out.pcapng --dissect --input pcaps/{capture} -o json > $T/check.json
            """);

        using JsonDocument run = JsonDocument.Parse(outcome.Out);
        using JsonDocument check = JsonDocument.Parse(File.ReadAllText(Path.Combine(_shell.Folder, "check.json")));
        Assert.Equal("[]", check.RootElement.GetProperty("faults").GetRawText());
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(run.RootElement.GetProperty("framesWritten").GetInt64(),
            check.RootElement.GetProperty("frames").GetInt64());
        long tunnelled = check.RootElement.GetProperty("tunnelled").GetInt64();
        Assert.NotEqual(0, tunnelled);
        Assert.Equal(run.RootElement.GetProperty("encapsulated").GetInt64(), tunnelled);
    }

    [Fact]
    public void Wiresharks_filter_finds_every_drop_by_its_comment_with_policy_and_line()
    {
        RequireTshark();

        Shell.Outcome outcome = _shell.Run(
            """
            dataplane replay -f pcaps/zero-trust/cluster.yaml -r pcaps/zero-trust/unknown-to-database.pcap \
                --set policy.enforcer=calico --at drops -w $T/drops.pcapng --drops $T/drops.jsonl -o json > $T/run.json &&
            tshark -r $T/drops.pcapng -Y 'frame.comment contains "verdict=dropped"' -T fields -e frame.comment
            """);

        using JsonDocument run = JsonDocument.Parse(File.ReadAllText(Path.Combine(_shell.Folder, "run.json")));
        long dropped = run.RootElement.GetProperty("verdicts").GetProperty("dropped").GetInt64();
        string[] comments = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((8, 8), (dropped, comments.Length));
        Assert.Equal(8, File.ReadAllLines(Path.Combine(_shell.Folder, "drops.jsonl")).Length);
        Assert.All(comments, comment => Assert.Contains(
            "policy=shop/database rule=- src=pcaps/zero-trust/cluster.yaml:348", comment, StringComparison.Ordinal));
    }

    private static void RequireTshark()
    {
        try
        {
            Tshark.Find();
        }
        catch (InvalidDataException missing)
        {
            Assert.Skip(missing.Message);
        }
    }
}
