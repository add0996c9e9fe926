using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// What goes wrong around a run: its process killed, its folder closed, no terminal, another language.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("out.pcapng")]
    [InlineData("out.pcap")]
    public void A_killed_run_leaves_a_capture_that_is_read_up_to_its_last_whole_packet(string name)
    {
        Shell.Outcome killed = _shell.Run($$"""
            dataplane replay -f $F -r $P --preload -w $T/{{name}} --loop 1000000 >/dev/null 2>&1 &
            pid=$!
            for i in $(seq 600); do [ -s $T/{{name}} ] && break; sleep 0.1; done
            child=$(pgrep -P $pid || echo $pid)
            kill -9 $child $pid
            wait $pid
            dataplane inspect -r $T/{{name}}
            echo "inspect ended with $?"
            """);

        Assert.Matches(@"inspect ended with [03]\s*$", killed.Out);
        Assert.Matches(@"packets +[1-9]", killed.Out);
    }

    [Fact]
    public void Tshark_reads_what_a_killed_run_has_written()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tshark"), "tshark is not installed");

        Shell.Outcome killed = _shell.Run("""
            dataplane replay -f $F -r $P --preload -w $T/out.pcapng --loop 1000000 >/dev/null 2>&1 &
            pid=$!
            for i in $(seq 600); do [ -s $T/out.pcapng ] && break; sleep 0.1; done
            child=$(pgrep -P $pid || echo $pid)
            kill -9 $child $pid
            wait $pid
            head -c 700001 $T/out.pcapng >$T/cut.pcapng
            tshark -r $T/cut.pcapng 2>$T/complaint | wc -l
            cat $T/complaint
            """);

        string[] lines = killed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(int.Parse(lines[0], System.Globalization.CultureInfo.InvariantCulture) > 100, killed.Out);
        Assert.All(lines[1..], line => Assert.Matches("cut short|Running as user", line));
    }

    [Theory]
    [InlineData("/proc/out.pcapng")]
    [InlineData("/sys/kernel/out.pcapng")]
    public void An_output_where_nothing_may_be_written_is_one_line_and_exit_code_2(string path)
    {
        Shell.Outcome run = _shell.Run($"dataplane replay -f $F -r $P -w {path}");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(path, Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--histogram /nowhere/h.hgrm")]
    [InlineData("--drops /nowhere/drops.jsonl")]
    [InlineData("-w /nowhere/out.pcap")]
    public void An_output_in_a_folder_that_is_missing_is_told_with_its_option(string option)
    {
        Shell.Outcome run = _shell.Run($"dataplane replay -f $F -r $P {option}");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(
            $"{option}: there is no folder /nowhere: make it, or name another file", Assert.Single(run.Complaints));
    }

    /// <summary>
    /// Numbers, dates and letters are the same for everybody: somebody compares them with what a colleague got.
    /// </summary>
    [Theory]
    [InlineData("LC_ALL=de_DE.UTF-8")]
    [InlineData("LC_ALL=tr_TR.UTF-8")]
    [InlineData("LC_ALL=ar_SA.UTF-8 LANG=ar_SA.UTF-8")]
    [InlineData("LANG=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8")]
    [InlineData("TZ=Pacific/Kiritimati")]
    [InlineData("TZ=Asia/Kolkata")]
    [InlineData("TERM=dumb COLUMNS=80")]
    [InlineData("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0 LC_ALL=tr_TR.UTF-8")]
    public void Language_time_zone_and_terminal_change_nothing(string environment)
    {
        const string Command = """
            dataplane inspect -r $P
            dataplane inspect -f $F -o json
            dataplane rules -f $F --proxy iptables --node node-1 | grep -v '^# '
            dataplane trace --help
            dataplane replay -f $F -r pcaps/over-mtu/pod.pcap.gz --set mtu.pod=1500 --set link.rate=1.5Gbit --drops - 2>/dev/null
            dataplane replay -f $F -r $P --at all --comments all -w - 2>/dev/null | sha256sum
            """;
        Shell.Outcome plain = _shell.Run(Command);
        Shell.Outcome other = _shell.Run($"export {environment}\n{Command}");

        Assert.Contains("413", plain.Out, StringComparison.Ordinal);
        Assert.Contains("mtu-exceeded", plain.Out, StringComparison.Ordinal);
        Assert.Equal(plain.Out, other.Out);
    }

    [Fact]
    public void A_folder_that_is_read_only_is_told_with_its_option()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");

        Shell.Outcome run = _shell.Run("""
            mkdir $T/closed
            mount -t tmpfs -o ro closed $T/closed || exit 77
            for option in "-w $T/closed/out.pcapng" "--drops $T/closed/drops.jsonl" "--histogram $T/closed/h.hgrm"; do
                dataplane replay -f $F -r $P $option
                echo $?
            done
            dataplane generate cluster -w $T/closed/c.yaml
            echo $?
            umount $T/closed
            """);

        Assert.SkipWhen(run.ExitCode == 77, "this machine lets nobody mount");
        Assert.Equal("2\n2\n2\n2\n", run.Out);
        string[] options = ["-w", "--drops", "--histogram", "--write"];
        Assert.Equal(options, run.Complaints.Select(line => line.Split(' ')[0]));
        Assert.All(run.Complaints, line => Assert.Contains("/closed/", line, StringComparison.Ordinal));
    }

    /// <summary>A run of three seconds at a terminal: there is a bar where the terminal can draw one.</summary>
    [Theory]
    [InlineData("dumb", false)]
    [InlineData("xterm", true)]
    public void A_terminal_that_knows_no_escape_sequences_gets_none(string terminal, bool drawn)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script is not installed");

        Shell.Outcome run = _shell.Run(
            $"TERM={terminal} script -qec \"stty cols 80; "
            + "dotnet $DATAPLANE replay -f $F -r $P -p 130 --color never\" /dev/null");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("forwarded", run.Out, StringComparison.Ordinal);
        Assert.Equal(drawn, run.Out.Contains('\e', StringComparison.Ordinal));
    }

    /// <summary>As from cron, or from a daemon that closed all it had.</summary>
    [Theory]
    [InlineData("</dev/null", 0)]
    [InlineData("<&-", 0)]
    [InlineData("2>&-", 0)]
    [InlineData("2>/dev/full", 0)]
    [InlineData(">&-", 2)]
    [InlineData("<&- 2>&-", 0)]
    public void Without_streams_a_run_does_its_work_and_misses_only_where_its_result_should_go(string closed, int code)
    {
        Shell.Outcome run = _shell.Run($"""
            setsid -w dotnet $DATAPLANE replay -f $F -r $P -w $T/out.pcapng {closed}
            echo "ended with $?"
            dataplane inspect -r $T/out.pcapng
            """);

        Assert.Contains($"ended with {code}\n", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"packets +[1-9]", run.Out);
        if (closed == ">&-")
            Assert.StartsWith("standard output: closed", Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void Full_disks_and_whole_ones_are_told_apart_on_a_file_system_of_a_megabyte()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");

        Shell.Outcome run = _shell.Run("""
            mkdir $T/small
            mount -t tmpfs -o size=1m small $T/small || { echo "no mount"; exit 77; }
            dataplane replay -f $F -r $P --preload -w $T/small/out.pcapng --loop 1000
            code=$?
            umount $T/small
            exit $code
            """);

        Assert.SkipWhen(run.ExitCode == 77, "this machine lets nobody mount");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("space", Assert.Single(run.Complaints), StringComparison.Ordinal);
    }
}
