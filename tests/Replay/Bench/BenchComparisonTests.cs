using System.Globalization;
using Dataplane.Replay.Bench;
using Xunit;

namespace Dataplane.Tests.Replay.Bench;

/// <summary>Two reports, written by hand here, and what may be said of their difference.</summary>
public sealed class BenchComparisonTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-compare-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Nine rounds: the notch is 1.57 / 3 of a spread, and of two reports with the same spread 1.414 times that.
    /// </summary>
    [Theory]
    [InlineData(100, 100, 0.10, "same")]
    [InlineData(100, 107, 0.10, "same")]
    [InlineData(100, 108, 0.10, "slower")]
    [InlineData(108, 100, 0.10, "faster")]
    [InlineData(100, 120, 0.50, "same")]
    [InlineData(100, 102, 0.00, "same")]
    [InlineData(100, 104, 0.00, "slower")]
    public void A_difference_counts_when_it_is_larger_than_the_rounds_noise(
        double before, double after, double spread, string verdict)
    {
        var comparison = BenchComparison.Of(
            Report("a", Run("ebpf", before, spread)), Report("b", Run("ebpf", after, spread)));

        ComparedFigure figure = Assert.Single(comparison.Compared);
        Assert.Equal(verdict, figure.Verdict);
        Assert.Equal(after / before, figure.Ratio);
        Assert.Equal(Math.Max(0.03, 1.57 * spread / 3 * Math.Sqrt(2)), figure.Noise, precision: 9);
        Assert.Equal(verdict == "slower" ? 1 : 0, comparison.Slower);
    }

    [Fact]
    public void Runs_are_paired_by_their_parameters_whatever_their_order()
    {
        var comparison = BenchComparison.Of(
            Report("a", Run("ebpf", 100, 0), Run("ipvs", 200, 0), Run("iptables", 300, 0)),
            Report("b", Run("ipvs", 400, 0), Run("ebpf", 100, 0), Run("nftables", 1, 0)));

        Assert.Equal(["engine=ebpf flows=10 same", "engine=ipvs flows=10 slower"],
            comparison.Compared.Select(one => $"{one.Run} {one.Verdict}"));
        Assert.Equal(["engine=iptables flows=10"], comparison.OnlyBefore);
        Assert.Equal(["engine=nftables flows=10"], comparison.OnlyAfter);
    }

    [Fact]
    public void Another_machine_is_told_and_another_load_is_not()
    {
        string after = Report("b", Run("ebpf", 100, 0));
        File.WriteAllText(after, File.ReadAllText(after)
            .Replace("Zen", "Skylake", StringComparison.Ordinal).Replace("0.5", "9.5", StringComparison.Ordinal));

        Assert.Equal([new MachineDifference("processor", "Zen", "Skylake")],
            BenchComparison.Of(Report("a", Run("ebpf", 100, 0)), after).MachineDifferences);
    }

    [Fact]
    public void A_report_of_scaling_compares_first_packets_and_look_ups_too()
    {
        const string Scaling = """{"engine":"ebpf","services":10,"nanosecondsPerPacket":50,"spread":0,"firstPacketNanoseconds":90,"firstPacketSpread":0,"lookupNanoseconds":9,"lookupSpread":0}""";
        string report = Report("a", Scaling);

        Assert.Equal(["established", "first packet", "look-up"],
            BenchComparison.Of(report, report).Compared.Select(figure => figure.Figure));
    }

    [Theory]
    [InlineData("", "a.json:1: not JSON, as dataplane bench -o json writes it")]
    [InlineData("{\n\"runs\": [\n}", "a.json:3: not JSON, as dataplane bench -o json writes it")]
    [InlineData("[]", "a.json: no runs in it: give what dataplane bench -o json wrote")]
    [InlineData("""{"runs":{}}""", "a.json: no runs in it: give what dataplane bench -o json wrote")]
    [InlineData("""{"runs":[1,"x",null]}""", "have no run in common: the parameters of runs have to be the same")]
    [InlineData("""{"runs":[{"engine":"ipvs","nanosecondsPerPacket":1}]}""",
        "have no run in common: the parameters of runs have to be the same")]
    public void What_is_no_report_is_one_line(string text, string expected)
    {
        string path = Path.Combine(_folder.FullName, "a.json");
        File.WriteAllText(path, text);
        string other = Report("b", Run("ebpf", 100, 0));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => BenchComparison.Of(path, other));
        Assert.EndsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"engine":"ebpf","flows":10,"nanosecondsPerPacket":"fast"}""")]
    [InlineData("""{"engine":"ebpf","flows":10,"nanosecondsPerPacket":-1}""")]
    [InlineData("""{"engine":"ebpf","flows":10,"nanosecondsPerPacket":1e999}""")]
    public void Figures_that_are_none_are_not_compared(string run) =>
        Assert.Empty(BenchComparison.Of(Report("a", run), Report("b", Run("ebpf", 100, 0))).Compared);

    private static string Run(string engine, double nanoseconds, double spread) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"engine":"{{engine}}","flows":10,"nanosecondsPerPacket":{{nanoseconds}},"spread":{{spread}}}""");

    private string Report(string name, params string[] runs)
    {
        string path = Path.Combine(_folder.FullName, name + ".json");
        File.WriteAllText(path,
            $$"""{"machine":{"processor":"Zen","loadAverage":0.5},"rounds":9,"runs":[{{string.Join(',', runs)}}]}""");
        return path;
    }
}
