using System.Text.Json;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>Several captures of one minute, as a user names them after a bad night.</summary>
public sealed class SeveralCapturesTests
{
    private const string Story = "F=pcaps/three-tier/manifests.yaml; S=pcaps/story;\n";

    [Fact]
    public void Pods_and_wires_together_count_each_packet_once()
    {
        using var shell = new Shell();
        Shell.Outcome outcome = shell.Run(Story + "dataplane replay -f $F $(printf -- '-r %s ' $S/*.pcap)");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(220, outcome.Packets);
        Assert.Contains("forwarded       68 ", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("seen-again           152", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("42 encapsulated, 42 decapsulated", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(7, outcome.ErrorLines.Count(line => line.Contains("note: clocks: ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_stream_keeps_its_clock_and_that_is_said()
    {
        using var shell = new Shell();
        Shell.Outcome outcome = shell.Run(Story
            + "cat $S/node-2.eth0.pcap | (exec 5<&0; dataplane replay -f $F -r $S/node-1.eth0.pcap -r /dev/fd/5)");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("note: clocks: /dev/fd/5 cannot be read twice: taken as it is (--skew /dev/fd/5=TIME",
            outcome.Error, StringComparison.Ordinal);
        Assert.Contains("seen-again            42", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_has_each_captures_clock()
    {
        using var shell = new Shell();
        Shell.Outcome outcome = shell.Run(
            Story + "dataplane replay -f $F -r $S/node-1.eth0.pcap -r $S/node-2.eth0.pcap "
            + "--skew $S/node-2.eth0.pcap=-1.5ms -o json");
        using var json = JsonDocument.Parse(outcome.Out);
        JsonElement clock = json.RootElement.GetProperty("clocks")[1];
        Assert.Equal(("given", -1_500_000),
            (clock.GetProperty("clock").GetString(), clock.GetProperty("skewNanoseconds").GetInt64()));
    }

    [Fact]
    public void Drops_fail_a_comparison_of_CNIs_too_where_they_are_to()
    {
        using var shell = new Shell();
        Shell.Outcome outcome = shell.Run("dataplane replay -f $F -r $P --cni flannel,calico --fail-on-drop");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("over MTU", outcome.Out, StringComparison.Ordinal);
    }
}
