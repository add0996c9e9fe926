using System.CommandLine;
using System.Diagnostics;
using Dataplane.Capture;

namespace Dataplane.Cli.Bench;

/// <summary>
/// Where a measurement's report goes; its files are opened before it, so that minutes are not lost to a name.
/// </summary>
internal sealed class BenchOutput : IDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    private readonly Streams _streams;
    private readonly bool _isJson;
    private readonly Style _style;
    private readonly string? _chart;
    private readonly FileStream? _chartFile;
    private long _said = Stopwatch.GetTimestamp();

    public BenchOutput(ParseResult arguments, BenchArguments options, Streams streams)
    {
        _streams = streams;
        _isJson = options.IsJson(arguments);
        _style = options.StyleOf(arguments);
        _chart = options.ChartOf(arguments);
        _chartFile = _chart is null ? null : OutputFile.Create(options.Chart.Name, _chart);
    }

    /// <summary>Every ten seconds a line.</summary>
    public void Progress(string line)
    {
        if (Stopwatch.GetElapsedTime(_said) < ProgressInterval) return;

        _said = Stopwatch.GetTimestamp();
        _streams.Say(line);
    }

    public void Write(BenchDocument document, Func<string> json)
    {
        if (_isJson) _streams.Result.WriteLine(json());
        else document.Write(_streams.Result, _style);
        if (_chartFile is null) return;

        document.WriteTo(_chartFile, _chart!);
        _streams.Say($"chart: {_chart}");
    }

    public void Dispose() => _chartFile?.Dispose();
}
