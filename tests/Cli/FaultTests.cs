using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>What goes wrong around a run: its process killed, its input changed below it, its folder closed, another language.</summary>
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

    [Fact]
    public void An_input_that_is_truncated_while_it_is_read_is_damage_or_an_end()
    {
        Shell.Outcome run = _shell.Run("""
            zcat $P >$T/in.pcap
            (sleep 0.4; truncate -s 5000 $T/in.pcap) &
            dataplane replay -f $F -r $T/in.pcap --loop 5000 >/dev/null
            echo "ended with $?"
            """);

        Assert.Matches(@"ended with [03]\s*$", run.Out);
    }

    [Fact]
    public void An_input_that_grows_while_it_is_read_is_read_as_far_as_it_is_there()
    {
        Shell.Outcome run = _shell.Run("""
            zcat $P >$T/in.pcap
            (for i in $(seq 50); do zcat $P | tail -c +25 >>$T/in.pcap; sleep 0.02; done) &
            dataplane replay -f $F -r $T/in.pcap >/dev/null
            echo "ended with $?"
            wait
            """);

        Assert.Matches(@"ended with [03]\s*$", run.Out);
    }

    /// <summary>The first asks the run to end; a run that does not is ended by the second.</summary>
    [Fact]
    public void A_second_interruption_ends_the_process_at_once()
    {
        Shell.Outcome run = _shell.Run("""
            mkfifo $T/live
            env --default-signal=INT dotnet $DATAPLANE replay -f $T/live -r $P >/dev/null 2>&1 &
            exec 3> $T/live
            sleep 2
            kill -INT $!; sleep 1; kill -INT $!
            wait $!
            """);

        Assert.Equal(130, run.ExitCode);
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
        Assert.Equal($"{option}: there is no folder /nowhere: make it, or name another file", Assert.Single(run.Complaints));
    }

    /// <summary>Numbers, dates and letters are the same for everybody: somebody compares them with what a colleague got.</summary>
    [Theory]
    [InlineData("LC_ALL=de_DE.UTF-8")]
    [InlineData("LC_ALL=tr_TR.UTF-8")]
    [InlineData("LC_ALL=ar_SA.UTF-8 LANG=ar_SA.UTF-8")]
    [InlineData("TZ=Pacific/Kiritimati")]
    [InlineData("TERM=dumb COLUMNS=80")]
    [InlineData("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0 LC_ALL=tr_TR.UTF-8")]
    public void Language_time_zone_and_terminal_change_nothing(string environment)
    {
        const string Command = """
            dataplane inspect -r $P
            dataplane inspect -f $F -o json
            dataplane rules -f $F --proxy iptables --node node-1 | grep -v '^# '
            dataplane trace --help
            """;
        Shell.Outcome plain = _shell.Run(Command);
        Shell.Outcome other = _shell.Run($"export {environment}\n{Command}");

        Assert.Contains("413", plain.Out, StringComparison.Ordinal);
        Assert.Equal(plain.Out, other.Out);
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
