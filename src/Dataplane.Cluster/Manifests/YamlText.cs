using System.Buffers;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// The characters of a YAML file. Ends where the first one stands that YAML 1.2.2 §5.1 does not print, and remembers
/// why, so that what stood before it is still read.
/// </summary>
internal sealed class YamlText(TextReader reader, string file) : TextReader
{
    private static readonly SearchValues<char> Unprintable = SearchValues.Create(
        [.. Enumerable.Range(
            0, 0x20).Select(code => (char)code).Except(['\t', '\n', '\r']), '\u007F', '\uFFFE', '\uFFFF']);

    private readonly Queue<int> _tabLines = [];
    private long _position;
    private int _line = 1;
    private bool _isIndent = true;

    /// <summary>Where the text could not be read further, in characters; past the end of every file if it
    /// could.</summary>
    public long BrokenAt { get; private set; } = long.MaxValue;

    public InvalidDataException? Failure { get; private set; }

    /// <summary>The first line from <paramref name="line"/> on whose indentation holds a tab; 0 where none was
    /// read.</summary>
    public int TabLineFrom(int line)
    {
        while (_tabLines.TryPeek(out int tab) && tab < line) _tabLines.Dequeue();
        return _tabLines.TryPeek(out int first) ? first : 0;
    }

    public override int Read(char[] buffer, int index, int count)
    {
        if (Failure is not null) return 0;

        int read = 0;
        try
        {
            read = reader.Read(buffer, index, count);
        }
        catch (ArgumentException)
        {
            Fail("not UTF-8 text");
            return 0;
        }

        Span<char> text = buffer.AsSpan(index, read);
        int bad = text.IndexOfAny(Unprintable);
        if (bad >= 0) text = text[..bad];
        CountLines(text);
        _position += text.Length;
        if (bad >= 0) Fail($"a control character (0x{(int)buffer[index + bad]:x2}): not a text file");
        return text.Length;
    }

    private void Fail(string reason)
    {
        BrokenAt = _position;
        Failure = new InvalidDataException($"{file}:{_line}: {reason}");
    }

    private void CountLines(ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            if (_isIndent)
            {
                int indent = text.IndexOfAnyExcept(' ');
                if (indent < 0) return;

                if (text[indent] == '\t') _tabLines.Enqueue(_line);
                _isIndent = false;
            }

            int end = text.IndexOf('\n');
            if (end < 0) return;

            _line++;
            _isIndent = true;
            text = text[(end + 1)..];
        }
    }
}
