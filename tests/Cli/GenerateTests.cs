using System.Text.Json;
using Dataplane.Tests.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary><c>dataplane generate</c> as it is typed.</summary>
public sealed class GenerateTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("--services 6", "--mix tcp=60,udp=20,dns=15,scan=5")]
    [InlineData("--services 6", "--distribution zipf --replies 0")]
    [InlineData("--services 6 --dual-stack", "--mix tcp=60,udp=20,dns=15,scan=5 --frame-size 64")]
    [InlineData("--services 0", "--replies 80")]
    public void What_is_generated_for_a_cluster_is_for_that_cluster(string cluster, string traffic)
    {
        Shell.Outcome outcome = _shell.Run(
            $"""
            dataplane generate cluster --nodes 4 --pods 12 {cluster} -w $T/cluster.yaml &&
            dataplane generate traffic -f $T/cluster.yaml -w $T/traffic.pcapng --packets 5000 --flows 200 {traffic} > /dev/null &&
            dataplane replay -f $T/cluster.yaml -r $T/traffic.pcapng -o json
            """);

        Assert.Equal(0, outcome.ExitCode);
        using JsonDocument run = JsonDocument.Parse(outcome.Out);
        JsonElement verdicts = run.RootElement.GetProperty("verdicts");
        Assert.Equal(0, verdicts.GetProperty("ignored").GetInt64());
        Assert.Equal(0, verdicts.GetProperty("dropped").GetInt64());
        Assert.Equal(5000, verdicts.GetProperty("forwarded").GetInt64());
        Assert.Equal(0, run.RootElement.GetProperty("unlisted").GetInt64());
    }

    [Fact]
    public void Wireshark_finds_good_checksums_good_sequence_numbers_and_nothing_malformed()
    {
        Captures.RequireTshark();

        Shell.Outcome outcome = _shell.Run(
            """
            dataplane generate cluster --dual-stack -w $T/cluster.json &&
            dataplane generate traffic -f $T/cluster.json -w $T/traffic.pcapng --packets 3000 --flows 60 \
              --mix tcp=60,udp=20,dns=15,scan=5 > /dev/null &&
            dataplane diff $T/traffic.pcapng --dissect &&
            tshark -n -r $T/traffic.pcapng -Y 'tcp.analysis.flags && !tcp.analysis.reused_ports || dns.retransmission' 2> /dev/null
            """);

        Assert.StartsWith("3,000 frames, 3,000 good, 0 faults\n0 frames dissect as a tunnel's\n", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Out.Count(letter => letter == '\n'));
    }

    [Fact]
    public void Kubectl_takes_every_object_for_what_it_is()
    {
        Assert.SkipUnless(_shell.Run("command -v kubectl").ExitCode == 0, "kubectl is not there");

        Shell.Outcome outcome = _shell.Run(
            """
            dataplane generate cluster --nodes 2 --pods 5 --services 3 --policies 2 --dual-stack -w $T/cluster.yaml &&
            grep -c '^kind:' $T/cluster.yaml &&
            kubectl label --local -f $T/cluster.yaml checked=yes -o name | wc -l
            """);

        string[] counts = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(counts[0], counts[1].Trim());
    }

    [Fact]
    public void A_cluster_goes_through_a_pipe() =>
        Assert.Contains("node-2", _shell.Run("dataplane generate cluster | dataplane inspect -f -").Out, StringComparison.Ordinal);

    [Theory]
    [InlineData("dataplane generate", "generate what? Known: cluster traffic")]
    [InlineData("dataplane generate trafic", "unknown generate trafic: did you mean traffic?")]
    [InlineData("dataplane generate cluster --nodes 0", "--nodes 0: give a whole number from 1")]
    [InlineData("dataplane generate cluster --flows 5", "--flows is for generate traffic")]
    [InlineData("dataplane generate cluster --cni calicoo", "unknown value of --cni calicoo")]
    [InlineData("dataplane generate traffic -w x.pcap", "no manifests: name the cluster's with -f PATH")]
    [InlineData("dataplane generate traffic -f $F", "no capture to write: name it with -w PATH, or -")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --mix tcp=80", "--mix tcp=80: the shares make 80 percent, not 100")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --mix tpc=100", "unknown kind of traffic in --mix tpc: Known: tcp udp dns scan")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --frame-size 63", "--frame-size 63: give imix, 1500, or bytes from 64")]
    [InlineData("dataplane generate traffic -f $F -w $F", "pcaps/two-nodes/manifests.yaml: is read too")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --encapsulated", "--encapsulated: not built yet; leave it out")]
    public void What_cannot_be_is_one_line(string command, string expected)
    {
        Shell.Outcome outcome = _shell.Run(command);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("dataplane: " + expected, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }
}
