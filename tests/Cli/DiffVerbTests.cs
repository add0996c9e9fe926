using System.Text.Json;
using Dataplane.Tests.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary><c>dataplane diff</c> as it is typed, on frames that a kernel sent.</summary>
public sealed class DiffVerbTests : IDisposable
{
    private const int OuterTtl = 14 + 8;
    private const int OuterPort = 14 + 20 + 3;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("dataplane diff $T/same.pcap $T/kernel.pcap", 0)]
    [InlineData("dataplane diff $T/same.pcap $T/kernel.pcap --native", 0)]
    [InlineData("dataplane diff $T/ttl.pcap $T/kernel.pcap --native", 1)]
    [InlineData("dataplane diff $T/ttl.pcap $T/kernel.pcap --native --ignore '*ip.ttl,*ip.checksum.*'", 0)]
    [InlineData("dataplane diff $T/none.pcap $T/kernel.pcap --native", 2)]
    [InlineData("dataplane diff $T/kernel.pcap $T/same.pcap --native --only vxlan.vin", 2)]
    [InlineData("dataplane diff $T/kernel.pcap $T/same.pcap --native -w $T/kernel.pcap", 2)]
    [InlineData("dataplane diff $T/cut.pcap $T/cut.pcap", 3)]
    [InlineData("dataplane diff $T/cut.pcap $T/cut.pcap --native", 3)]
    public void Exit_codes_are_those_of_the_contract(string command, int code)
    {
        WriteCaptures();

        Assert.Equal(code, _shell.Run(command).ExitCode);
    }

    [Fact]
    public void Both_dissections_stand_side_by_side_in_80_columns_and_the_summary_names_the_field()
    {
        WriteCaptures();

        string text = _shell.Run("dataplane diff $T/ttl.pcap $T/kernel.pcap").Out;

        Assert.Contains("@@ frame 5 @@", text, StringComparison.Ordinal);
        Assert.Contains("  ip.ttl: 65                           |   ip.ttl: 64\n", text, StringComparison.Ordinal);
        Assert.Matches(@"\nouter ip\.ttl +5: 65 \| 64 +1\n", text);
        Assert.DoesNotContain(text.Split('\n'), line => line.Length > 80);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--native")]
    public void Json_has_the_shape_of_the_contract(string option)
    {
        WriteCaptures();

        using JsonDocument json = JsonDocument.Parse(
            _shell.Run($"dataplane diff $T/ttl.pcap $T/kernel.pcap -o json {option} --only outer\\ ip.ttl").Out);

        JsonElement root = json.RootElement;
        JsonElement one = Assert.Single(root.GetProperty("different").EnumerateArray());
        Assert.Equal(
            """{"frame":5,"referenceFrame":5,"field":"outer ip.ttl","ours":"65","reference":"64"}""", one.GetRawText());
        Assert.Equal("""[{"field":"outer ip.ttl","frames":1}]""", root.GetProperty("fields").GetRawText());
        Assert.Equal(root.GetProperty("compared").GetInt64() - 1, root.GetProperty("equal").GetInt64());
        Assert.Equal(
            ["schemaVersion", "different", "compared", "equal", "fields", "onlyOurs", "onlyReference", "ignored",
                "damage"],
            root.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void A_tunnel_on_a_port_of_its_own_is_found_and_said()
    {
        byte[] moved = Captures.KernelVxlan();
        for (int frame = 1; frame <= Captures.Frames(moved).Count; frame++)
            moved = Captures.Flip(moved, frame, OuterPort);
        _shell.Write("moved.pcap", moved);

        Shell.Outcome outcome = _shell.Run("dataplane diff $T/moved.pcap $T/moved.pcap --only vxlan.vni");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("UDP port 8473 carries vxlan", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("-d udp.port==8473,vxlan", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delta_to_stdout_is_a_capture_and_the_result_moves_to_stderr()
    {
        WriteCaptures();

        Shell.Outcome outcome = _shell.Run(
            "dataplane diff $T/ttl.pcap $T/kernel.pcap --native -w - | tshark -n -r - -T fields "
            + "-e frame.interface_name 2> /dev/null");

        Assert.Equal("ours\nreference\n", outcome.Out);
        Assert.Contains("1 different", outcome.Error, StringComparison.Ordinal);
    }

    private void WriteCaptures()
    {
        byte[] kernel = Captures.KernelVxlan();
        _shell.Write("kernel.pcap", kernel);
        _shell.Write("same.pcap", kernel);
        _shell.Write("cut.pcap", kernel.AsSpan(..^5));
        _shell.Write("ttl.pcap", Captures.Flip(kernel, 5, OuterTtl));
    }
}
