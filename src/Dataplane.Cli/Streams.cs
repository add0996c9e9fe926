using System.Text;

namespace Dataplane.Cli;

/// <summary>Result and side stream of a run. The result is buffered; notes go out at once.</summary>
public sealed class Streams : IDisposable
{
    private const int BufferSize = 1 << 16;
    private const int BrokenPipe = 32;
    private readonly StreamWriter _out = Open(Console.OpenStandardOutput(), autoFlush: false);
    private readonly DeafStream _deaf = new(Console.OpenStandardError());
    private readonly StreamWriter _error;

    public Streams() => _error = Open(_deaf, autoFlush: true);

    /// <summary>Where the result goes: stdout, or stderr while a capture is written to stdout.</summary>
    public TextWriter Result => ResultOnError ? _error : _out;

    /// <summary>
    /// The same place for bytes of UTF-8, where text by text would be too slow; nothing may be written to both at once.
    /// </summary>
    public Stream ResultBytes
    {
        get
        {
            StreamWriter writer = ResultOnError ? _error : _out;
            writer.Flush();
            return writer.BaseStream;
        }
    }

    public bool ResultOnError { get; set; }

    public TextWriter Error => _error;

    /// <summary>One line on stderr, in the program's name.</summary>
    public void Say(string line) => _error.WriteLine($"dataplane: {line}");

    public void Flush()
    {
        try
        {
            _out.Flush();
        }
        catch (IOException error) when (!IsBrokenPipe(error))
        {
            throw new IOException($"standard output: {error.Message}", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(
                "standard output: closed, where the result must go (> /dev/null throws it away)", error);
        }

        if (ResultOnError && _deaf.Failure is { } failure)
            throw new IOException($"standard error: {failure.Message}", failure);
    }

    /// <summary>Nobody reads any more (EPIPE).</summary>
    public static bool IsBrokenPipe(IOException error) => error.HResult == BrokenPipe && !OperatingSystem.IsWindows();

    /// <summary>What could not be written was said by then.</summary>
    public void Dispose()
    {
        try
        {
            _out.Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }

        _error.Dispose();
    }

    private static StreamWriter Open(Stream stream, bool autoFlush) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize)
        {
            AutoFlush = autoFlush,
            NewLine = "\n",
        };
}
