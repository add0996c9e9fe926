using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace Dataplane.Tests.Cli.Bench;

/// <summary>
/// <c>dataplane bench scaling</c> as it is typed; what it measures is in <see cref="Replay.Bench.ScalingTests"/>.
/// </summary>
public class BenchTests
{
    private static readonly string[] Small =
        ["bench", "scaling", "--services", "10,20", "--flows", "256", "--rounds", "1"];

    [Fact]
    public void Json_has_a_run_for_each_proxy_and_number_of_services()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run([.. Small, "--endpoints", "2", "-o", "json"]);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        JsonElement[] runs = [.. json.RootElement.GetProperty("runs").EnumerateArray()];

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(1, json.RootElement.GetProperty("schemaVersion").GetInt32());
        Assert.True(json.RootElement.GetProperty("machine").GetProperty("cores").GetInt32() > 0);
        Assert.Equal(
            ["ebpf 10", "ebpf 20", "iptables 10", "iptables 20", "ipvs 10", "ipvs 20"],
            runs.Select(run => $"{run.GetProperty("engine").GetString()} {run.GetProperty("services").GetInt32()}")
                .Order(StringComparer.Ordinal));
        Assert.All(runs, run =>
        {
            Assert.Equal(256, run.GetProperty("flows").GetInt32());
            Assert.Equal(2, run.GetProperty("endpoints").GetInt32());
            Assert.True(run.GetProperty("firstPacketNanoseconds").GetDouble() > 0);
            Assert.True(run.GetProperty("nanosecondsPerPacket").GetDouble() > 0);
            Assert.True(run.GetProperty("latencyNanoseconds").GetProperty("p99").GetInt64() > 0);
        });
    }

    [Fact]
    public void Text_has_a_row_for_each_point_and_says_how_each_proxy_grows()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run([.. Small, "--proxy", "iptables"]);
        string[] lines = outcome.Out.Split('\n');

        Assert.Equal(2, lines.Count(line => line.StartsWith("iptables  ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("iptables: from 10 to 20 services, ", StringComparison.Ordinal));
        Assert.DoesNotContain("ebpf", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_is_well_formed_SVG_with_axes_and_a_line_for_each_proxy()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "scaling.svg");
        BuiltProgram.Outcome outcome = BuiltProgram.Run([.. Small, "--chart", path]);
        XElement svg = XDocument.Load(path).Root!;
        string[] texts =
            [.. svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("svg", svg.Name.LocalName);
        foreach (string wanted in (string[])["Services", "nanoseconds a packet, whole pipeline", "ebpf, first packet",
            "iptables, established", "ipvs, first packet"])
            Assert.Contains(wanted, texts);
    }

    [Fact]
    public void The_chart_s_page_holds_the_same_drawing()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "scaling.html");
        BuiltProgram.Run([.. Small, "--proxy", "ebpf", "--chart", path]);
        string page = File.ReadAllText(path);

        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<?xml", page, StringComparison.Ordinal);
        Assert.Contains("ebpf, first packet", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--services ten: give whole numbers from 1", "scaling", "--services", "10,ten")]
    [InlineData("unknown proxy iptable: did you mean iptables?", "scaling", "--proxy", "iptable")]
    [InlineData("--proxy nftables: not built yet", "scaling", "--proxy", "nftables")]
    [InlineData("unknown bench scalin: did you mean scaling?", "scalin")]
    [InlineData("--chart scaling.png: the name has to end in .svg or .html", "scaling", "--chart", "scaling.png")]
    [InlineData("--chart /nowhere/scaling.svg: there is no folder /nowhere",
        "scaling", "--chart", "/nowhere/scaling.svg")]
    [InlineData("--loads is not for bench scaling", "scaling", "--loads", "50")]
    [InlineData("--flows: this kind of bench takes one", "scaling", "--flows", "1000,2000")]
    [InlineData("--flows 5000000: 4194304 is the most", "pipeline", "--flows", "5000000")]
    [InlineData("--flows 0: give whole numbers from 1", "pipeline", "--flows", "0")]
    [InlineData("--frame-size 63: give imix, 1500, or bytes from 64 to 9018", "pipeline", "--frame-size", "63")]
    [InlineData("--frame-size 20000: give imix, 1500, or bytes from 64 to 9018", "latency", "--frame-size", "20000")]
    [InlineData("unknown CNI calco: did you mean calico?", "pipeline", "--cni", "calco")]
    [InlineData("unknown value of --distribution gauss", "pipeline", "--distribution", "gauss")]
    [InlineData("--loads 5000: 1000 is the most", "latency", "--loads", "5000")]
    [InlineData("--seconds 0: give a number above 0", "latency", "--seconds", "0")]
    [InlineData("--seconds 100000: 3600 is the most", "latency", "--seconds", "100000")]
    [InlineData("--histogram /nowhere/h.hgrm: there is no folder /nowhere",
        "latency", "--histogram", "/nowhere/h.hgrm")]
    [InlineData("--workers 0: give whole numbers from 1", "pipeline", "--workers", "0")]
    [InlineData("--workers 1000: 64 is the most", "pipeline", "--workers", "1000")]
    [InlineData("--workers is not for bench latency: leave it out", "latency", "--workers", "2")]
    [InlineData("bench compare takes two reports", "compare", "one.json")]
    [InlineData("/nowhere/a.json: no such file", "compare", "/nowhere/a.json", "/nowhere/b.json")]
    [InlineData("70000 frontends of Services: Cilium numbers them with 16 bits",
        "scaling", "--services", "70000", "--proxy", "ebpf")]
    public void What_cannot_be_is_one_line(string expected, params string[] arguments)
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run(["bench", .. arguments]);

        Assert.StartsWith("dataplane: " + expected, outcome.OneLine, StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }
}
