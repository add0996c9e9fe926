using System.Text;
using Dataplane.Capture;

namespace Dataplane.Replay;

/// <summary>
/// Where <c>--histogram</c> goes: HdrHistogram's table of percentiles, or, where the name ends in <c>.hlog</c>, its
/// log. Opened before the run, so that nobody waits for a run whose result has no place.
/// </summary>
internal sealed class HistogramFile : IDisposable
{
    private const string Option = "--histogram";
    private const string LogExtension = ".hlog";

    private readonly Stream _stream;
    private readonly bool _isLog;
    private readonly DateTime _began = DateTime.UtcNow;

    private HistogramFile(string path)
    {
        _isLog = Path.GetExtension(path) == LogExtension;
        _stream = path == CaptureFile.StandardStream
            ? Console.OpenStandardOutput()
            : OutputFile.Create(Option, path);
    }

    /// <summary>Null where nobody asked for it.</summary>
    public static HistogramFile? Open(string? path) => path is null ? null : new HistogramFile(path);

    public void Write(DelayHistogram latency)
    {
        if (_isLog)
        {
            latency.WriteLog(_stream, _began, DateTime.UtcNow);
            return;
        }

        using var text =
            new StreamWriter(_stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true)
            {
                NewLine = "\n",
            };
        latency.WritePercentiles(text);
    }

    public void Dispose() => _stream.Dispose();
}
