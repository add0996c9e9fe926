using Dataplane.Cli;
using Xunit;

namespace Dataplane.Tests.Cli;

public class CommandLineTests
{
    [Theory]
    [InlineData("unknown verb repaly: did you mean replay?", "repaly")]
    [InlineData("unknown verb foo: Known: replay inspect diff rules", "foo")]
    [InlineData("no verb: start with dataplane --help")]
    [InlineData("unknown option --manifest: did you mean --manifests?", "replay", "--manifest", "c.yaml")]
    [InlineData("unknown option --nods: did you mean --node?", "replay", "-f", "c.yaml", "-r", "a.pcap", "--nods=n1")]
    [InlineData("unknown option --ignroe: did you mean --ignore?", "diff", "a.pcap", "--ignroe")]
    [InlineData("unknown value of --at wrie: did you mean wire?",
        "replay", "-f", "c.yaml", "-r", "a.pcap", "--at", "wrie")]
    [InlineData("--at pod:web: write pod:NAMESPACE/NAME", "replay", "-f", "c.yaml", "-r", "a.pcap", "--at", "pod:web")]
    [InlineData("unknown CNI flanel: did you mean flannel?",
        "replay", "-f", "c.yaml", "-r", "a.pcap", "--cni", "flanel")]
    [InlineData("-w, --drops and --histogram are for one CNI: leave them out, or name one with --cni",
        "replay", "-f", "c.yaml", "-r", "a.pcap", "--cni", "all", "-w", "b.pcap")]
    [InlineData("--routes are one CNI's: leave them out, or name one with --cni",
        "replay", "-f", "c.yaml", "-r", "a.pcap", "--cni", "all", "--routes", "n=r")]
    [InlineData("--routes node.txt: write NODE=FILE", "replay", "-f", "c.yaml", "-r", "a.pcap", "--routes", "node.txt")]
    [InlineData("--routes node.txt: write NODE=FILE", "trace", "-f",
        "c.yaml", "--from", "a", "--to", "b", "--routes", "node.txt")]
    [InlineData("unknown proxy iptable: did you mean iptables?", "replay", "-f", "c", "-r", "a", "--proxy", "iptable")]
    [InlineData("--proxy nftables: not built yet; ebpf, iptables and ipvs are",
        "replay", "-f", "c.yaml", "-r", "a.pcap", "--proxy", "nftables")]
    [InlineData("--pps 0: give a number above 0", "replay", "-f", "c.yaml", "-r", "a.pcap", "-p", "0")]
    [InlineData("--multiplier fast: give a number above 0", "replay", "-f", "c.yaml", "-r", "a.pcap", "-x", "fast")]
    [InlineData("-x and -M: one pace at a time; give one of -t, -x, -p and -M",
        "replay", "-f", "c", "-r", "a", "-M", "10", "-x", "2")]
    [InlineData("-x, -p and -M are for one CNI: leave them out",
        "replay", "-f", "c", "-r", "a", "--cni", "all", "-p", "10")]
    [InlineData("--workers 0: give a whole number from 1 to 64, or auto",
        "replay", "-f", "c", "-r", "a", "--workers", "0")]
    [InlineData("--workers 1000: give a whole number from 1 to 64, or auto",
        "replay", "-f", "c", "-r", "a", "--workers", "1000")]
    [InlineData("--workers many: give a whole number from 1 to 64, or auto",
        "replay", "-f", "c", "-r", "a", "--workers", "many")]
    [InlineData("unknown value of --gso kep: did you mean keep? Known: segment keep",
        "replay", "-f", "c", "-r", "a", "--gso", "kep")]
    [InlineData("--skew a=5parsec: write auto, off, or FILE=TIME",
        "replay", "-f", "c", "-r", "a", "--skew", "a=5parsec")]
    [InlineData("--loop many: give a whole number from 1", "replay", "-f", "c.yaml", "-r", "a.pcap", "-l", "many")]
    [InlineData("--set vxlan: write KEY=VALUE", "replay", "-f", "c.yaml", "-r", "a.pcap", "--set", "vxlan")]
    [InlineData("no manifests: name the cluster's with -f PATH", "replay", "-r", "a.pcap")]
    [InlineData("no capture: name one with -r PATH", "replay", "-f", "c.yaml")]
    [InlineData("stdin can be read once", "replay", "-f", "-", "-r", "-")]
    [InlineData("unknown value of --output yml: Known: text json", "replay", "-f", "c", "-r", "a", "-o", "yml")]
    [InlineData("nothing to inspect", "inspect")]
    [InlineData("diff compares two captures", "diff", "a.pcap")]
    [InlineData("--dissect checks one capture: leave out b.pcap", "diff", "a.pcap", "b.pcap", "--dissect")]
    [InlineData("--dissect asks Wireshark's dissector: it does not go with --native",
        "diff", "a.pcap", "--dissect", "--native")]
    [InlineData("--show many: give a whole number from 0", "diff", "a.pcap", "b.pcap", "--show", "many")]
    [InlineData("--tunnel-port 4790: write PORT=vxlan or PORT=geneve", "diff", "a", "b", "--tunnel-port", "4790")]
    [InlineData("Required argument 'OURS' missing for command: 'diff'.", "diff")]
    public void Wrong_usage_is_one_line_and_exit_code_2(string expected, params string[] arguments)
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run(arguments);

        Assert.StartsWith("dataplane: " + expected, outcome.OneLine, StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Out);
    }

    [Fact]
    public void A_missing_file_is_named_in_one_line()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run("diff", "missing.pcap", "--dissect");

        Assert.Contains("missing.pcap", outcome.OneLine, StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public void Without_tshark_diff_says_how_to_install_it()
    {
        string capture = Path.GetTempFileName();
        try
        {
            BuiltProgram.Outcome outcome = BuiltProgram.RunWithoutPath("diff", capture, "--dissect");

            Assert.StartsWith(
                "dataplane: tshark is not on PATH: install it", outcome.OneLine, StringComparison.Ordinal);
            Assert.Equal(2, outcome.ExitCode);
        }
        finally
        {
            File.Delete(capture);
        }
    }

    [Fact]
    public void Help_and_version_are_results()
    {
        BuiltProgram.Outcome help = BuiltProgram.Run("--help");
        BuiltProgram.Outcome version = BuiltProgram.Run("--version");

        Assert.Equal((0, HelpText.Root, ""), (help.ExitCode, help.Out, help.Error));
        Assert.Equal(0, version.ExitCode);
        Assert.StartsWith("dataplane 0.", version.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_fits_a_terminal_of_a_hundred_columns()
    {
        string[] pages = [HelpText.Root, HelpText.Replay, HelpText.Inspect, HelpText.Diff];

        Assert.All(pages.SelectMany(page => page.Split('\n')), line => Assert.InRange(line.Length, 0, 100));
    }
}
