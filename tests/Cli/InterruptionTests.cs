using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>Ctrl-C while a run waits for somebody: the first one ends it, wherever it is.</summary>
public sealed class InterruptionTests : IDisposable
{
    /// <summary>
    /// A pipe; how a run is started, has closed the pipe, and ends or is ended after a minute and a half.
    /// </summary>
    private const string Beginning = """
        mkfifo $T/live
        start() { env --default-signal=INT dotnet $DATAPLANE "$@" >$T/result 2>$T/said & pid=$!; }
        closed() { while ls -l /proc/$pid/fd 2>/dev/null | grep -q live; do sleep 0.1; done; }
        ended() { for i in $(seq 900); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done; kill -9 $pid 2>/dev/null; wait $pid; }

        """;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("inspect -f $T/live")]
    [InlineData("rules -f $T/live --node node-1")]
    [InlineData("trace -f $T/live --from external --to node/node-1")]
    [InlineData("reach -f $T/live")]
    [InlineData("policy lint -f $T/live")]
    [InlineData("generate traffic -f $T/live -w $T/out")]
    [InlineData("replay -f $T/live -r $P -w $T/out")]
    [InlineData("replay -f $T/live -r $P --cni flannel,calico")]
    public void While_manifests_are_read_it_ends_the_run_with_one_line(string command)
    {
        Shell.Outcome outcome = _shell.Run(
            $"{Beginning}start {command}\nexec 3>$T/live\nhead -5 $F >&3\n{Interrupt("INT")}");

        Assert.Equal((130, "", "dataplane: interrupted\n"), (outcome.ExitCode, outcome.Out, outcome.Error));
    }

    [Theory]
    [InlineData("INT", "replay -f $F -r $T/live -w $T/out --preload")]
    [InlineData("TERM", "replay -f $F -r $T/live -w $T/out --preload")]
    [InlineData("INT", "replay -f $F -r $P -r $T/live -w $T/out")]
    [InlineData("INT", "inspect -r $T/live")]
    [InlineData("INT", "trace -f $F -r $T/live --packet 1000")]
    public void While_a_capture_is_waited_for_it_ends_the_run_with_one_line(string signal, string command)
    {
        Shell.Outcome outcome = _shell.Run(
            $"{Beginning}start {command}\nexec 3>$T/live\nzcat $P 2>/dev/null | head -c 20 >&3\n{Interrupt(signal)}");

        Assert.Equal((130, ""), (outcome.ExitCode, outcome.Out));
        Assert.Equal("interrupted", Assert.Single(outcome.Complaints));
    }

    [Theory]
    [InlineData("diff $T/live $T/whole.pcap")]
    [InlineData("diff $T/live $T/whole.pcap --native")]
    [InlineData("diff $T/live $T/whole.pcap --native --by inner -w $T/delta.pcapng")]
    [InlineData("diff $T/live --dissect")]
    public void While_diff_waits_for_a_pipe_it_ends_the_comparison(string command)
    {
        bool needsTshark = !command.Contains("--native", StringComparison.Ordinal);
        Assert.SkipWhen(needsTshark && !File.Exists("/usr/bin/tshark"), "tshark is not installed");

        Shell.Outcome outcome = _shell.Run($$"""
            {{Beginning}}zcat $P >$T/whole.pcap
            start {{command}}
            exec 3>$T/live
            head -c 100000 $T/whole.pcap >&3
            {{Interrupt("INT")}}
            """);

        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("dataplane: interrupted", outcome.ErrorLines);
    }

    /// <summary>
    /// The first CNI's runs (two, for it is short) are done; the second's manifests come
    /// object by object, and never end.
    /// </summary>
    [Fact]
    public void Between_the_runs_of_several_CNIs_it_leaves_the_table_of_those_that_are_done()
    {
        Shell.Outcome outcome = _shell.Run($$"""
            {{Beginning}}start replay -f $T/live -r $P --cni flannel,calico
            cat $F >$T/live; closed
            cat $F >$T/live; closed
            exec 3>$T/live
            cat $F >&3
            kill -INT $pid
            (trap '' PIPE; seq 40000 | sed 's/.*/---\nkind: Namespace\napiVersion: v1\nmetadata:\n  name: n&/' >&3) 2>/dev/null
            ended
            code=$?
            cat $T/result; cat $T/said >&2
            exit $code
            """);

        Assert.Equal(130, outcome.ExitCode);
        Assert.Equal("interrupted: the table has what was done until then", Assert.Single(outcome.Complaints));
        Assert.Contains("flannel", outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("calico", outcome.Out, StringComparison.Ordinal);
    }

    /// <summary>Nobody reads what is written: the run cannot look whether it was asked to end.</summary>
    [Fact]
    public void A_second_one_ends_a_run_that_cannot_close_its_files()
    {
        Shell.Outcome outcome = _shell.Run($$"""
            {{Beginning}}exec 3<>$T/live
            start replay -f $F -r $P -w $T/live --preload --loop 100 3>&-
            for i in $(seq 300); do ls -l /proc/$pid/fd | grep -q live && break; sleep 0.1; done
            sleep 1
            kill -INT $pid; sleep 1; kill -0 $pid && echo "still there"; kill -INT $pid
            ended
            """);

        Assert.Equal((130, "still there\n"), (outcome.ExitCode, outcome.Out));
    }

    private static string Interrupt(string signal) => $$"""
        sleep 0.5
        kill -{{signal}} $pid
        ended
        code=$?
        ls $T/out 2>/dev/null
        cat $T/result; cat $T/said >&2
        exit $code
        """;
}
