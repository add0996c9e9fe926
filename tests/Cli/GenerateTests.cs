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

    /// <summary>
    /// What is between nodes is what a replay of the clients' capture writes, to the byte; and
    /// nodes take it for their peers'.
    /// </summary>
    [Theory]
    [InlineData("flannel", "--dual-stack")]
    [InlineData("calico", "")]
    [InlineData("cilium", "")]
    [InlineData("openshift-sdn", "")]
    [InlineData("ovn-kubernetes", "")]
    public void Encapsulated_is_what_a_replay_of_the_clients_capture_puts_on_the_wire(string cni, string cluster)
    {
        Shell.Outcome outcome = _shell.Run(
            $"""
            dataplane generate cluster --nodes 3 --pods 8 --services 6 {cluster} -w $T/cluster.json &&
            T1="--packets 3000 --flows 100 --mix tcp=60,udp=25,dns=15 --mtu 1300"
            dataplane generate traffic -f $T/cluster.json -w $T/pods.pcap $T1 > /dev/null &&
            dataplane generate traffic -f $T/cluster.json -w $T/wire.pcap $T1 --encapsulated --cni {cni} -o json > $T/report.json &&
            dataplane replay -f $T/cluster.json -r $T/pods.pcap -w $T/replayed.pcap --cni {cni} > /dev/null &&
            cmp $T/wire.pcap $T/replayed.pcap &&
            dataplane replay -f $T/cluster.json -r $T/wire.pcap --cni {cni} -o json
            """);

        Assert.Equal(0, outcome.ExitCode);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_shell.Folder, "report.json")));
        using JsonDocument run = JsonDocument.Parse(outcome.Out);
        long frames = report.RootElement.GetProperty("framesWritten").GetInt64();
        Assert.InRange(frames, 500, 3000);
        long encapsulated = report.RootElement.GetProperty("encapsulated").GetInt64();
        Assert.Equal(encapsulated, run.RootElement.GetProperty("decapsulated").GetInt64());

        // The first pod of a node has the address that OVN gives the node itself there
        // (ovn-k8s-mp0): what goes there goes bare.
        if (cni == "ovn-kubernetes") Assert.InRange(encapsulated, frames / 2, frames);
        else Assert.Equal(frames, encapsulated);
        Assert.Equal(frames, run.RootElement.GetProperty("verdicts").GetProperty("forwarded").GetInt64());
    }

    [Fact]
    public void Frames_that_pods_could_not_send_are_cut_to_what_they_may_and_it_is_said()
    {
        Shell.Outcome outcome = _shell.Run(
            """
            dataplane generate cluster -w $T/cluster.json &&
            dataplane generate traffic -f $T/cluster.json -w $T/wire.pcap --packets 500 --flows 20 --frame-size 1500 --encapsulated -o json
            """);

        using JsonDocument report = JsonDocument.Parse(outcome.Out);
        Assert.Contains(outcome.ErrorLines, line => line.Contains(
            "frames of 1518 bytes are cut to what pods may send: packets of 1450", StringComparison.Ordinal));
        Assert.DoesNotContain(outcome.ErrorLines, line => line.Contains("were dropped", StringComparison.Ordinal));
        Assert.True(report.RootElement.GetProperty("framesWritten").GetInt64() > 0);
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

        Assert.StartsWith("3,000 frames, 3,000 good, 0 faults\n0 frames dissect as a tunnel's\n",
            outcome.Out, StringComparison.Ordinal);
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
        Assert.Contains(
            "node-2", _shell.Run("dataplane generate cluster | dataplane inspect -f -").Out, StringComparison.Ordinal);

    [Theory]
    [InlineData("dataplane generate", "generate what? Known: cluster traffic")]
    [InlineData("dataplane generate trafic", "unknown generate trafic: did you mean traffic?")]
    [InlineData("dataplane generate cluster --nodes 0", "--nodes 0: give a whole number from 1")]
    [InlineData("dataplane generate cluster --flows 5", "--flows is for generate traffic")]
    [InlineData("dataplane generate cluster --cni calicoo", "unknown value of --cni calicoo")]
    [InlineData("dataplane generate traffic -w x.pcap", "no manifests: name the cluster's with -f PATH")]
    [InlineData("dataplane generate traffic -f $F", "no capture to write: name it with -w PATH, or -")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --mix tcp=80",
        "--mix tcp=80: the shares make 80 percent, not 100")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --mix tpc=100",
        "unknown kind of traffic in --mix tpc: Known: tcp udp dns scan")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --frame-size 63",
        "--frame-size 63: give imix, 1500, or bytes from 64")]
    [InlineData("dataplane generate traffic -f $F -w $F", "pcaps/two-nodes/manifests.yaml: is read too")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --cni calico",
        "--cni is for generate cluster, and for traffic with --encapsulated")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --encapsulated --cni calco",
        "unknown --cni calco: did you mean calico?")]
    [InlineData("dataplane generate traffic -f $F -w x.pcap --node nod-a",
        "--node nod-a: the manifests have no such node")]
    [InlineData("dataplane generate traffic -f $F -w /nowhere/x.pcap",
        "-w /nowhere/x.pcap: there is no folder /nowhere")]
    [InlineData("dataplane generate cluster -w /nowhere/c.yaml",
        "--write /nowhere/c.yaml: there is no folder /nowhere")]
    public void What_cannot_be_is_one_line(string command, string expected)
    {
        Shell.Outcome outcome = _shell.Run(command);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("dataplane: " + expected, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }
}
