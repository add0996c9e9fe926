using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// Inputs that another program deletes, replaces, cuts, overwrites or appends to while they are read: said, never half
/// a result.
/// </summary>
public sealed class ChangingInputTests : IDisposable
{
    private const int Records = 413;

    /// <summary>
    /// A paced run of three seconds, whose input has been opened when <c>opened</c> returns; all of it is not read yet.
    /// </summary>
    private const string Beginning = """
        zcat $P >$T/in.pcap
        zcat $P | gzip -c >$T/in.pcap.gz
        start() { dotnet $DATAPLANE replay -f $F -p 130 -w $T/out.pcapng "$@" & pid=$!; }
        opened() { until [ -e $T/out.pcapng ]; do sleep 0.05; done; }

        """;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("in.pcap", "rm $T/in.pcap")]
    [InlineData("in.pcap", "head -c 5000 $T/in.pcap >$T/other; mv $T/other $T/in.pcap")]
    [InlineData("in.pcap.gz", "rm $T/in.pcap.gz")]
    [InlineData("in.pcap.gz", "head -c 5000 $T/in.pcap.gz >$T/other; mv $T/other $T/in.pcap.gz")]
    public void A_capture_that_is_deleted_or_replaced_is_read_to_its_end(string capture, string change)
    {
        Shell.Outcome outcome = _shell.Run($"{Beginning}start -r $T/{capture}\nopened\n{change}\nwait $pid");

        Assert.Equal((0, Records), (outcome.ExitCode, outcome.Packets));
        Assert.Empty(outcome.Complaints);
    }

    [Theory]
    [InlineData("truncate -s 5000 $T/in.pcap", "the file shrank while it was read: ")]
    [InlineData("truncate -s 0 $T/in.pcap", "the file shrank while it was read: ")]
    [InlineData("zcat $P | dd of=$T/in.pcap conv=notrunc 2>/dev/null",
        "the file was written to while it was read: what was read may be of two versions")]
    public void A_capture_that_is_cut_or_overwritten_is_damage(string change, string expected)
    {
        Shell.Outcome outcome = _shell.Run($"{Beginning}start -r $T/in.pcap\nopened\n{change}\nwait $pid");

        Assert.Contains(expected, Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(3, outcome.ExitCode);
    }

    [Fact]
    public void A_capture_that_grows_is_read_as_far_as_it_goes_and_that_is_said()
    {
        Shell.Outcome outcome = _shell.Run(
            $"{Beginning}start -r $T/in.pcap\nopened\nzcat $P | tail -c +25 >>$T/in.pcap\nwait $pid");

        Assert.Equal((0, 2 * Records), (outcome.ExitCode, outcome.Packets));
        Assert.Contains(
            outcome.ErrorLines, line => line.Contains("the file grew while it was read: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_capture_that_grows_by_half_a_record_is_damage_at_that_record()
    {
        Shell.Outcome outcome = _shell.Run(
            $"{Beginning}start -r $T/in.pcap\nopened\n"
            + "zcat $P 2>/dev/null | head -c 524 | tail -c +25 >>$T/in.pcap\nwait $pid");

        Assert.Contains(": cut off in ", Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(3, outcome.ExitCode);
    }

    /// <summary>The second loop reads the file again, through the handle of the first.</summary>
    [Theory]
    [InlineData("rm $T/in.pcap", 0, "")]
    [InlineData("truncate -s 5000 $T/in.pcap", 3, "the file shrank while it was read: ")]
    public void Loops_read_the_file_that_was_opened(string change, int code, string expected)
    {
        Shell.Outcome outcome = _shell.Run($"{Beginning}start -r $T/in.pcap --loop 2\nopened\n{change}\nwait $pid");

        Assert.Equal(code, outcome.ExitCode);
        Assert.Contains(expected, string.Join('\n', outcome.Complaints), StringComparison.Ordinal);
        if (code == 0) Assert.Equal(2 * Records, outcome.Packets);
    }

    [Theory]
    [InlineData("rm $T/in.pcap")]
    [InlineData("truncate -s 0 $T/in.pcap")]
    [InlineData("echo garbage >$T/in.pcap")]
    public void What_is_preloaded_does_not_change_any_more(string change)
    {
        Shell.Outcome outcome = _shell.Run(
            $"{Beginning}start -r $T/in.pcap --preload --loop 2\nopened\n{change}\nwait $pid");

        Assert.Equal((0, 2 * Records), (outcome.ExitCode, outcome.Packets));
        Assert.Empty(outcome.Complaints);
    }

    /// <summary>A block that is cut gives nothing: where it is the first one, there is no capture.</summary>
    [Theory]
    [InlineData("gzip -c")]
    [InlineData("zstd -qc")]
    [InlineData("lz4 -qc")]
    public void Half_a_compressed_capture_is_damage(string compress)
    {
        string program = compress.Split(' ')[0];
        Assert.SkipUnless(File.Exists($"/usr/bin/{program}"), $"{program} is not installed");

        Shell.Outcome outcome = _shell.Run($"""
            zcat $P | {compress} >$T/whole
            head -c $(( $(stat -c %s $T/whole) / 2 )) $T/whole >$T/half
            dataplane replay -f $F -r $T/half
            """);

        string complaint = Assert.Single(outcome.Complaints);
        Assert.Contains($"{_shell.Folder}/half: ", complaint, StringComparison.Ordinal);
        Assert.Equal(complaint.StartsWith("warning: ", StringComparison.Ordinal) ? 3 : 2, outcome.ExitCode);
    }

    /// <summary>
    /// Files are opened twice where clocks are compared, a pipe is not: when it is opened, the comparison is over and
    /// the files behind it are not open yet.
    /// </summary>
    [Theory]
    [InlineData("rm $T/in.pcap", "/in.pcap: no such file")]
    [InlineData("truncate -s 5000 $T/in.pcap",
        "/in.pcap: was changed or replaced when its clock had been compared: run again")]
    [InlineData("head -c 5000 $T/in.pcap >$T/x; mv $T/x $T/in.pcap",
        "/in.pcap: was changed or replaced when its clock had been compared: run again")]
    [InlineData("echo garbage >$T/in.pcap", "/in.pcap: not a capture (its first bytes are 67617262)")]
    public void A_capture_that_changes_behind_the_comparison_of_clocks_is_refused(string change, string expected)
    {
        Shell.Outcome outcome = _shell.Run($$"""
            zcat $P >$T/in.pcap
            mkfifo $T/pipe
            dotnet $DATAPLANE replay -f $F -r $T/pipe -r $T/in.pcap &
            pid=$!
            exec 3>$T/pipe
            {{change}}
            (trap '' PIPE; zcat $P >&3) 2>/dev/null
            exec 3>&-
            wait $pid
            """);

        Assert.StartsWith(_shell.Folder + expected, Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    /// <summary>A tshark that has the file changed below it, before or after its own reading.</summary>
    [Theory]
    [InlineData("", "rm $T/a.pcap;", "", 2)]
    [InlineData("", "", "truncate -s 5000 $T/a.pcap;", 3)]
    [InlineData("-w $T/delta.pcapng", "", "cp $T/b.pcap $T/x; mv $T/x $T/a.pcap;", 3)]
    [InlineData("-w $T/delta.pcapng", "", "rm $T/a.pcap;", 3)]
    public void A_capture_that_changes_while_it_is_compared_is_said(
        string options, string before, string after, int code)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tshark"), "tshark is not installed");

        Shell.Outcome outcome = _shell.Run($$"""
            zcat $P >$T/a.pcap; cp $T/a.pcap $T/b.pcap
            mkdir $T/bin
            printf '#!/bin/bash\n{{before}} /usr/bin/tshark "$@"\ncode=$?\n{{after}} exit $code\n' >$T/bin/tshark
            chmod +x $T/bin/tshark
            export T; PATH=$T/bin:$PATH dataplane diff $T/a.pcap $T/b.pcap {{options}}
            """);

        Assert.Contains(outcome.Complaints, line => line.Contains("/a.pcap", StringComparison.Ordinal)
            && (code == 2 || line.Contains("was changed or replaced while it was compared", StringComparison.Ordinal)));
        Assert.Equal(code, outcome.ExitCode);
    }

    [Fact]
    public void A_capture_that_is_cut_while_our_own_parser_compares_it_is_damage()
    {
        Shell.Outcome outcome = _shell.Run("""
            zcat $P >$T/a.pcap
            mkfifo $T/pipe
            dotnet $DATAPLANE diff $T/a.pcap $T/pipe --native &
            pid=$!
            exec 3>$T/pipe
            truncate -s 5000 $T/a.pcap
            zcat $P >&3
            exec 3>&-
            wait $pid
            """);

        Assert.Contains(outcome.Complaints, line => line.Contains("/a.pcap: offset ", StringComparison.Ordinal)
            && line.Contains("the file shrank while it was read", StringComparison.Ordinal));
        Assert.Equal(1, outcome.ExitCode);
    }

    /// <summary>
    /// Manifests are read in the order of <c>-f</c>: a pipe in front of a file holds the reading up where it is wanted.
    /// </summary>
    [Theory]
    [InlineData("rm $T/c.yaml", "/c.yaml: no such file or folder")]
    [InlineData(">$T/c.yaml", ": no Node, so no packet enters anywhere")]
    public void Manifests_that_vanish_before_they_are_read_are_an_error(string change, string expected)
    {
        Shell.Outcome outcome = _shell.Run($$"""
            cp $F $T/c.yaml; mkfifo $T/pipe
            dotnet $DATAPLANE replay -f $T/pipe -f $T/c.yaml -r $P &
            pid=$!
            exec 3>$T/pipe
            {{change}}
            printf 'kind: Namespace\napiVersion: v1\nmetadata:\n  name: x\n' >&3
            exec 3>&-
            wait $pid
            """);

        Assert.Contains(expected, Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    /// <summary>YAML may end at any object's end: what a file lost while it was read would not be missed.</summary>
    [Theory]
    [InlineData("truncate -s $SIZE $T/c.yaml")]
    [InlineData("cat $F >>$T/c.yaml")]
    public void Manifests_that_change_while_they_are_read_are_damage(string change)
    {
        Shell.Outcome outcome = _shell.Run($$"""
            SIZE=$(stat -c %s $F)
            cp $F $T/c.yaml
            seq 400000 | sed 's/.*/---\nkind: Namespace\napiVersion: v1\nmetadata:\n  name: n&/' >>$T/c.yaml
            dotnet $DATAPLANE inspect -f $T/c.yaml >$T/result &
            pid=$!
            until ls -l /proc/$pid/fd 2>/dev/null | grep -q c.yaml; do sleep 0.01; done
            {{change}}
            wait $pid
            code=$?
            cat $T/result
            exit $code
            """);

        Assert.Contains(
            "/c.yaml:1: damage: the file was written to while it was read", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(3, outcome.ExitCode);
    }
}
