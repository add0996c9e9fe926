using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace Dataplane.Tests.Cli.Bench;

/// <summary><c>bench pipeline</c>, <c>latency</c> and <c>compare</c> as they are typed.</summary>
public sealed class PipelineAndLatencyTests : IDisposable
{
    private static readonly string[] Pipeline =
        ["bench", "pipeline", "--services", "10", "--packets", "2000", "--rounds", "2"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-bench-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Json_has_a_run_for_each_combination_and_says_what_machine_it_was()
    {
        BuiltProgram.Outcome outcome = BuiltProgram.Run(
            [.. Pipeline, "--flows", "10,100", "--frame-size", "64,imix", "-o", "json"]);
        using JsonDocument json = JsonDocument.Parse(outcome.Out);
        JsonElement machine = json.RootElement.GetProperty("machine");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            ["64 10", "64 100", "imix 10", "imix 100"],
            json.RootElement.GetProperty("runs").EnumerateArray()
                .Select(run => $"{run.GetProperty("frameSize").GetString()} {run.GetProperty("flows").GetInt32()}"));
        foreach (string fact in (string[])["processor", "kernel", "runtime", "compilation"])
            Assert.NotEqual("", machine.GetProperty(fact).GetString());
        Assert.True(machine.GetProperty("memoryBytes").GetInt64() > 0);
    }

    [Fact]
    public void The_page_has_a_chart_for_each_list_and_a_row_for_each_run_and_needs_nothing_else()
    {
        string path = Path.Combine(_folder.FullName, "pipeline.html");
        BuiltProgram.Outcome outcome = BuiltProgram.Run(
            [.. Pipeline, "--flows", "10,100", "--proxy", "ebpf,ipvs", "--chart", path]);
        string page = File.ReadAllText(path);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(2, Occurrences(page, "<svg "));
        Assert.Equal(1 + 4, Occurrences(page, "<tr>"));
        Assert.Contains("Over the number of flows", page, StringComparison.Ordinal);
        Assert.Contains("By engine", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Several_charts_stand_below_each_other_in_one_svg()
    {
        string path = Path.Combine(_folder.FullName, "pipeline.svg");
        BuiltProgram.Run(
            [.. Pipeline, "--flows", "10", "--proxy", "ebpf,ipvs", "--frame-size", "64,imix", "--chart", path]);
        XElement root = XDocument.Load(path).Root!;

        Assert.Equal(["0", "600"], root.Elements().Select(chart => chart.Attribute("y")!.Value));
        Assert.Equal("1200", root.Attribute("height")!.Value);
    }

    [Fact]
    public void Latency_says_its_p999_in_a_line_of_its_own_and_whose_time_it_is()
    {
        string histogram = Path.Combine(_folder.FullName, "at80.hgrm");
        BuiltProgram.Outcome outcome = BuiltProgram.Run(
            "bench", "latency", "--services", "10", "--flows", "50", "--seconds",
            "0.01", "--rounds", "1", "--loads", "20,80,120", "--histogram", histogram);
        string[] lines = outcome.Out.Split('\n');

        Assert.Equal(0, outcome.ExitCode);
        Assert.Single(lines, line => line.StartsWith("p99.9 at 80 % of saturation (", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("GC.CollectionCount", StringComparison.Ordinal));
        Assert.Contains("not a kernel's", outcome.Out, StringComparison.Ordinal);
        Assert.True(File.Exists(histogram));
    }

    [Fact]
    public void Compare_ends_with_1_where_something_is_slower_and_with_0_where_nothing_is()
    {
        string before = Write("before.json", 100);
        string after = Write("after.json", 150);

        BuiltProgram.Outcome slower = BuiltProgram.Run("bench", "compare", before, after);
        BuiltProgram.Outcome faster = BuiltProgram.Run("bench", "compare", after, before, "-o", "json");
        using JsonDocument json = JsonDocument.Parse(faster.Out);

        Assert.Equal(1, slower.ExitCode);
        Assert.Contains("1 slower, 0 faster, 0 without a difference", slower.Out, StringComparison.Ordinal);
        Assert.Equal(0, faster.ExitCode);
        Assert.Equal("faster", Assert.Single(json.RootElement.GetProperty("compared").EnumerateArray())
            .GetProperty("verdict").GetString());
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;

    private string Write(string name, int nanoseconds)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(
            path, $$"""{"rounds":7,"runs":[{"engine":"ebpf","nanosecondsPerPacket":{{nanoseconds}},"spread":0.02}]}""");
        return path;
    }
}
