using System.Text;

namespace Dataplane.Cli;

/// <summary>Result and side stream of a run. The result is buffered; notes go out at once.</summary>
public sealed class Streams : IDisposable
{
    private const int BufferSize = 1 << 16;
    private readonly StreamWriter _out = Open(Console.OpenStandardOutput(), autoFlush: false);
    private readonly StreamWriter _error = Open(Console.OpenStandardError(), autoFlush: true);

    /// <summary>Where the result goes: stdout, or stderr while a capture is written to stdout.</summary>
    public TextWriter Result => ResultOnError ? _error : _out;

    public bool ResultOnError { get; set; }

    public TextWriter Error => _error;

    /// <summary>One line on stderr, in the program's name.</summary>
    public void Say(string line) => _error.WriteLine($"dataplane: {line}");

    public void Flush() => _out.Flush();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    private static StreamWriter Open(Stream stream, bool autoFlush) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize) { AutoFlush = autoFlush, NewLine = "\n" };
}
