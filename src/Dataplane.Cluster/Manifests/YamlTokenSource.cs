using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dataplane.Cluster.Manifests;

/// <summary>YAML 1.2 by YamlDotNet's events: no document is ever held as a whole.</summary>
internal sealed class YamlTokenSource : TokenSource
{
    private const int LongestReason = 200;

    private readonly string _file;
    private readonly YamlText _text;
    private readonly YamlAliases _events;

    // For each open map or list: whether it is a map, and whether a key comes next.
    private readonly bool[] _isMap = new bool[MaxDepth + 1];
    private readonly bool[] _wantsKey = new bool[MaxDepth + 1];
    private string _value = "";

    public YamlTokenSource(YamlText text, string file)
    {
        _file = file;
        _text = text;
        _events = new YamlAliases(new Parser(text), file);
    }

    public override ReadOnlySpan<char> Text => _value;

    public override void Read()
    {
        while (true)
        {
            ParsingEvent? next = Next();
            if (next is null)
            {
                // who skips to the end of what is open would never get there
                if (Depth > 0) throw new InvalidDataException($"{_file}:{Line}: the text ends within a map or a list");

                Kind = TokenKind.End;
                return;
            }

            Line = (int)Math.Max(1, next.Start.Line);
            _text.TabLineFrom(Line);
            if (Accept(next)) return;
        }
    }

    private ParsingEvent? Next()
    {
        try
        {
            ParsingEvent? next = _events.Next();
            if (_text.Failure is not null && (next is null || next.End.Index >= _text.BrokenAt)) throw _text.Failure;

            return next;
        }
        catch (YamlException exception)
        {
            throw _text.Failure ?? Failure(exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException
            or IndexOutOfRangeException or FormatException or OverflowException)
        {
            throw new InvalidDataException(
                $"{_file}:{Math.Max(1, Line)}: not YAML: the parser gives up behind this line");
        }
    }

    private InvalidDataException Failure(YamlException exception)
    {
        long line = Math.Max(1, exception.Start.Line);
        int tab = _text.TabLineFrom(Line);
        if (tab > 0 && (Math.Abs(tab - line) <= 1 || exception.Message.Contains("tab", StringComparison.Ordinal)))
            return new InvalidDataException($"{_file}:{tab}: a tab in the indentation: YAML wants spaces");

        string reason = exception.Message;
        int colon = reason.StartsWith('(') ? reason.IndexOf("): ", StringComparison.Ordinal) : -1;
        if (colon > 0) reason = reason[(colon + 3)..];
        return new InvalidDataException(
            $"{_file}:{line}: not YAML: {ManifestCursor.Shorten(reason.TrimEnd('.'), LongestReason)}");
    }

    private bool Accept(ParsingEvent next)
    {
        switch (next)
        {
            case Scalar scalar:
                AcceptScalar(scalar);
                return true;
            case MappingStart:
                Open(TokenKind.MapStart);
                return true;
            case SequenceStart:
                Open(TokenKind.ListStart);
                return true;
            case MappingEnd:
                Close(TokenKind.MapEnd);
                return true;
            case SequenceEnd:
                Close(TokenKind.ListEnd);
                return true;
            default:
                return false;
        }
    }

    private void AcceptScalar(Scalar scalar)
    {
        _value = scalar.Value;
        bool isPlain = scalar.Style == ScalarStyle.Plain;
        if (_isMap[Depth] && _wantsKey[Depth])
        {
            // YamlDotNet gives one scalar for the two of ": value": all behind it would change places
            if (isPlain && _value.Length == 0)
                throw new InvalidDataException($"{_file}:{Line}: a key is missing in front of a colon");

            Kind = TokenKind.Key;
            _wantsKey[Depth] = false;
            return;
        }

        bool isNull = isPlain && _value is "" or "~" or "null" or "Null" or "NULL";
        Kind = isNull ? TokenKind.Null : TokenKind.Scalar;
        _wantsKey[Depth] = true;
    }

    private void Open(TokenKind kind)
    {
        if (_isMap[Depth] && _wantsKey[Depth])
            throw new InvalidDataException($"{_file}:{Line}: a map or a list stands where a key must be");
        if (Depth == MaxDepth) throw new InvalidDataException($"{_file}:{Line}: nested deeper than {MaxDepth} levels");

        Kind = kind;
        Depth++;
        _isMap[Depth] = kind == TokenKind.MapStart;
        _wantsKey[Depth] = true;
    }

    private void Close(TokenKind kind)
    {
        if (_isMap[Depth] && !_wantsKey[Depth])
            throw new InvalidDataException($"{_file}:{Line}: a key without a value");

        Kind = kind;
        Depth--;
        _wantsKey[Depth] = true;
    }
}
