using System.Text.Json;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>Pipes, full disks, closed readers and signals.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("dataplane replay -f $F -r $P -w /dev/full")]
    [InlineData("dataplane replay -f $F -r $P --at all -w /dev/full")]
    [InlineData("dataplane replay -f $F -r pcaps/over-mtu/pod.pcap.gz --set mtu.pod=1500 --drops /dev/full")]
    [InlineData("dataplane replay -f $F -r $P -o json > /dev/full")]
    [InlineData("dataplane inspect -f pcaps/three-tier/manifests.yaml -o json > /dev/full")]
    public void A_full_disk_is_one_line_and_exit_code_2(string script)
    {
        Shell.Outcome outcome = _shell.Run(script);

        Assert.Contains("No space left on device", Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    /// <summary>The result goes to stderr then: that it is lost is all that can be told, by the exit code.</summary>
    [Fact]
    public void A_summary_that_a_full_disk_takes_is_exit_code_2_beside_a_whole_capture()
    {
        Shell.Outcome outcome = _shell.Run("""
            dataplane replay -f $F -r $P -w - > $T/out.pcapng 2> /dev/full
            echo $?
            dataplane inspect -r $T/out.pcapng
            """);

        Assert.StartsWith("2\n", outcome.Out, StringComparison.Ordinal);
        Assert.Matches(@"packets +[1-9]", outcome.Out);
    }

    [Theory]
    [InlineData("dataplane replay -f $F -r $P -w - | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}")]
    [InlineData("dataplane replay -f $F -r $P -o json | head -c 10 > /dev/null; echo ${PIPESTATUS[0]}")]
    [InlineData("dataplane inspect -f pcaps/three-tier/manifests.yaml | head -1 > /dev/null; echo ${PIPESTATUS[0]}")]
    [InlineData(
        "dataplane rules -f pcaps/three-tier/manifests.yaml --node node-1 | head -1 > /dev/null; "
        + "echo ${PIPESTATUS[0]}")]
    [InlineData(
        "dataplane reach -f pcaps/three-tier/manifests.yaml -o json | head -1 > /dev/null; echo ${PIPESTATUS[0]}")]
    [InlineData("dataplane generate cluster --nodes 50 2> /dev/null | head -1 > /dev/null; echo ${PIPESTATUS[0]}")]
    [InlineData("dataplane generate traffic -f $F -w - 2> /dev/null | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}")]
    public void A_reader_that_goes_away_ends_the_run_quietly(string script)
    {
        Shell.Outcome outcome = _shell.Run(script);

        Assert.Equal("0\n", outcome.Out);
        Assert.Empty(outcome.Complaints);
    }

    [Theory]
    [InlineData("gzip -dc $P | dataplane replay -f $F -r -")]
    [InlineData("dataplane replay -f $F -r - < $P")]
    [InlineData("gzip -dc $P | zstd -q | dataplane replay -f $F -r -")]
    [InlineData("gzip -dc $P | lz4 -q | dataplane replay -f $F -r -")]
    [InlineData("dataplane replay -f - -r $P < $F")]
    [InlineData("dataplane replay -f $F -r <(gzip -dc $P)")]
    public void Input_comes_from_pipes_plain_or_compressed(string script)
    {
        if (script.Contains("zstd", StringComparison.Ordinal)) Require("zstd");
        if (script.Contains("lz4", StringComparison.Ordinal)) Require("lz4");

        Shell.Outcome outcome = _shell.Run(script);

        Assert.Equal((0, 413), (outcome.ExitCode, outcome.Packets));
    }

    [Fact]
    public void A_capture_on_stdout_sends_the_summary_to_stderr()
    {
        Shell.Outcome outcome = _shell.Run(
            "dataplane replay -f $F -r $P -w - > $T/piped.pcapng && dataplane replay -f $F -r $P "
            + "-w $T/file.pcapng >&2");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Out));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_shell.Folder, "file.pcapng")),
            File.ReadAllBytes(Path.Combine(_shell.Folder, "piped.pcapng")));
        Assert.Contains("forwarded", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Drops_are_lines_of_JSON_that_say_why()
    {
        Shell.Outcome outcome = _shell.Run(
            "dataplane replay -f $F -r pcaps/over-mtu/pod.pcap.gz --set mtu.pod=1500 --drops -");

        JsonElement[] drops =
        [
            .. outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];
        Assert.Equal(3, drops.Length);
        JsonElement tooLarge = drops.Single(drop => drop.GetProperty("reason").GetString() == "mtu-exceeded");
        Assert.Equal(("node-1", "route", true), (
            tooLarge.GetProperty("node").GetString(), tooLarge.GetProperty("stage").GetString(),
            tooLarge.GetProperty("answered").GetBoolean()));
        Assert.Equal(("10.244.1.10", "10.244.2.20"),
            (tooLarge.GetProperty("src").GetString(), tooLarge.GetProperty("dst").GetString()));
        Assert.Contains(
            "must not be fragmented", tooLarge.GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-r $T/in.pcap -w $T/in.pcap", "/in.pcap: is read too")]
    [InlineData("-r $T/in.pcap -w $T/link.pcap", "/link.pcap: is read too")]
    [InlineData("-r $T/in.pcap -w $T/x --drops $T/x", "/x: stands at both -w and --drops")]
    [InlineData("-r $T/in.pcap --drops $T/x --histogram $T/x", "/x: stands at both --drops and --histogram")]
    [InlineData("-r $T/in.pcap --histogram $T/in.pcap", "/in.pcap: is read too")]
    public void An_output_never_empties_an_input(string arguments, string expected)
    {
        Shell.Outcome outcome = _shell.Run(
            $"gzip -dc $P > $T/in.pcap; ln -s in.pcap $T/link.pcap; dataplane replay -f $F {arguments}; code=$?; "
            + "cmp <(gzip -dc $P) $T/in.pcap; exit $code");

        Assert.StartsWith($"{_shell.Folder}{expected}", Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public void A_histogram_goes_where_it_is_asked_for_or_is_refused_in_one_line()
    {
        Shell.Outcome table = _shell.Run("dataplane replay -f $F -r $P --histogram - --stage-times");
        Shell.Outcome nowhere = _shell.Run("dataplane replay -f $F -r $P --histogram $T/no/such.hgrm");

        Assert.StartsWith(
            "       Value     Percentile TotalCount 1/(1-Percentile)\n", table.Out, StringComparison.Ordinal);
        Assert.Contains("Total count    =          413]", table.Out, StringComparison.Ordinal);
        Assert.Contains("forwarded", table.Error, StringComparison.Ordinal);
        Assert.Equal(2, nowhere.ExitCode);
        Assert.Contains("/no/such.hgrm", Assert.Single(nowhere.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_cannot_loop_unless_it_is_preloaded()
    {
        Shell.Outcome without = _shell.Run("dataplane replay -f $F -r - --loop 2 < $P");
        Shell.Outcome with = _shell.Run("dataplane replay -f $F -r - --loop 2 --preload < $P");

        Assert.Equal("-: a stream cannot be read again: --loop needs --preload", Assert.Single(without.Complaints));
        Assert.Equal(2, without.ExitCode);
        Assert.Equal((0, 2 * 413), (with.ExitCode, with.Packets));
    }

    [Fact]
    public void Counting_stops_the_run_and_several_captures_are_one()
    {
        Assert.Equal(10, _shell.Run("dataplane replay -f $F -r $P -c 10").Packets);
        Assert.Equal(413 + 80, _shell.Run("dataplane replay -f $F -r $P -r pcaps/over-mtu/pod.pcap.gz").Packets);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_ends_the_run_with_whole_files(string signal)
    {
        Shell.Outcome outcome = _shell.Run(
            $$"""
            mkfifo $T/live
            env --default-signal=INT dotnet $DATAPLANE replay -f $F -r $T/live -w $T/out.pcapng > $T/summary 2> $T/said &
            exec 3> $T/live
            gzip -dc $P >&3
            while [ ! -e $T/out.pcapng ]; do sleep 0.1; done
            sleep 1
            kill -{{signal}} $!
            wait $!
            code=$?
            cat $T/summary; cat $T/said >&2
            dataplane inspect -r $T/out.pcapng >&2 || exit 99
            exit $code
            """);

        Assert.Equal(130, outcome.ExitCode);
        Assert.InRange(outcome.Packets, 0, 413);
        Assert.Contains("dataplane: interrupted: the counts are of what was done until then", outcome.ErrorLines);
    }

    [Fact]
    public void Colour_is_asked_for_or_comes_with_a_terminal()
    {
        const string Bold = "\e[1m";
        const string Verdicts = "dataplane replay -f $F -r $P ";

        Assert.DoesNotContain(Bold, _shell.Run(Verdicts).Out, StringComparison.Ordinal);
        Assert.Contains(Bold, _shell.Run("NO_COLOR=1 " + Verdicts + "--color always").Out, StringComparison.Ordinal);
        Require("script");
        Assert.Contains(
            Bold, _shell.Run("export TERM=xterm; script -qec \"dotnet $DATAPLANE replay -f $F -r $P\" /dev/null").Out,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Bold, _shell.Run(
            "export TERM=xterm NO_COLOR=1; script -qec \"dotnet $DATAPLANE replay -f $F -r $P\" /dev/null").Out,
            StringComparison.Ordinal);
    }

    private static void Require(string program) =>
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, program))),
            $"needs {program}");
}
