using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Dataplane.Cluster.Manifests;

/// <summary>JSON (RFC 8259), several values in a row allowed, read in windows: memory is one window and the longest
/// value.</summary>
internal sealed class JsonTokenSource(Stream stream, string file) : TokenSource
{
    private const int WindowSize = 1 << 16;
    private const int MaxValueSize = 1 << 28;
    private const int BatchCount = 4096;
    private const int LongestReason = 200;

    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = MaxDepth + 1 };

    private readonly Token[] _tokens = new Token[BatchCount];
    private byte[] _window = new byte[WindowSize];
    private char[] _characters = new char[256];
    private JsonReaderState _state = new(Options);
    private InvalidDataException? _failure;
    private int _filled;
    private int _consumed;
    private int _counted;
    private int _countedLine = 1;
    private int _count;
    private int _next;
    private bool _atEnd;

    private readonly record struct Token(TokenKind Kind, bool IsEscaped, int Start, int Length, int Line);

    public override ReadOnlySpan<char> Text
    {
        get
        {
            ref readonly Token token = ref _tokens[_next - 1];
            if (_characters.Length < token.Length) _characters = new char[token.Length * 2];

            return token.IsEscaped ? Unescape(token) : Decode(token);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Read()
    {
        if (_next == _count && !Fill())
        {
            Kind = TokenKind.End;
            Line = _countedLine;
            return;
        }

        ref readonly Token token = ref _tokens[_next++];
        Kind = token.Kind;
        Line = token.Line;
        if (Kind is TokenKind.MapStart or TokenKind.ListStart) Deepen();
        else if (Kind is TokenKind.MapEnd or TokenKind.ListEnd) Depth--;
    }

    private void Deepen()
    {
        if (++Depth > MaxDepth) throw new InvalidDataException($"{file}:{Line}: nested deeper than {MaxDepth} levels");
    }

    private bool Fill()
    {
        while (true)
        {
            if (_failure is not null) throw _failure;

            _next = 0;
            Tokenize();
            if (_count > 0) return true;
            if (_failure is not null) continue;
            if (_atEnd) return false;

            Refill();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tokenize()
    {
        _count = 0;
        var reader = new Utf8JsonReader(_window.AsSpan(_consumed, _filled - _consumed), _atEnd, _state);
        try
        {
            while (_count < BatchCount && reader.Read())
            {
                int start = _consumed + (int)reader.TokenStartIndex;
                bool isString = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName;
                _tokens[_count++] = new Token(
                    KindOf(reader.TokenType), reader.ValueIsEscaped, isString ? start + 1 : start,
                    reader.ValueSpan.Length, CountLines(start));
            }
        }
        catch (JsonException exception)
        {
            _failure = Failure(exception);
        }

        _state = reader.CurrentState;
        _consumed += (int)reader.BytesConsumed;
    }

    private InvalidDataException Failure(JsonException exception)
    {
        long line = (exception.LineNumber ?? 0) + 1;
        if (_atEnd && exception.Message.StartsWith("Expected depth to be zero", StringComparison.Ordinal))
            return new InvalidDataException(
                $"{file}:{line}: the JSON ends in the middle of an object: the file was cut off");

        if (exception.Message.Contains("trailing comma", StringComparison.Ordinal))
            return new InvalidDataException($"{file}:{line}: not JSON: a comma stands before the closing bracket");

        string reason = exception.Message;
        int places = reason.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (places >= 0) reason = reason[..places];
        return new InvalidDataException($"{file}:{line}: not JSON: {ManifestCursor.Shorten(reason, LongestReason)}");
    }

    private void Refill()
    {
        CountLines(_consumed);
        int rest = _filled - _consumed;
        byte[] target = _window;
        if (rest == _window.Length)
        {
            if (rest >= MaxValueSize)
                throw new InvalidDataException(
                    $"{file}:{_countedLine}: one value is larger than {MaxValueSize >> 20} MB");

            target = new byte[_window.Length * 2];
        }

        _window.AsSpan(_consumed, rest).CopyTo(target);
        _window = target;
        _filled = rest;
        _counted -= _consumed;
        _consumed = 0;
        int read = stream.Read(_window, _filled, _window.Length - _filled);
        _filled += read;
        _atEnd = read == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int CountLines(int until)
    {
        if (until > _counted)
        {
            _countedLine += _window.AsSpan(_counted, until - _counted).Count((byte)'\n');
            _counted = until;
        }

        return _countedLine;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlySpan<char> Decode(in Token token)
    {
        ReadOnlySpan<byte> bytes = _window.AsSpan(token.Start, token.Length);
        if (Utf8.ToUtf16(bytes, _characters, out _, out int written, replaceInvalidSequences: false) != default)
            throw new InvalidDataException($"{file}:{token.Line}: not UTF-8 text");

        return _characters.AsSpan(0, written);
    }

    private ReadOnlySpan<char> Unescape(in Token token)
    {
        var reader = new Utf8JsonReader(_window.AsSpan(token.Start - 1, token.Length + 2));
        try
        {
            reader.Read();
            return _characters.AsSpan(0, reader.CopyString(_characters));
        }
        catch (InvalidOperationException)
        {
            throw new InvalidDataException($"{file}:{token.Line}: not UTF-8 text, or half of a surrogate pair");
        }
    }

    private static TokenKind KindOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => TokenKind.MapStart,
        JsonTokenType.EndObject => TokenKind.MapEnd,
        JsonTokenType.StartArray => TokenKind.ListStart,
        JsonTokenType.EndArray => TokenKind.ListEnd,
        JsonTokenType.PropertyName => TokenKind.Key,
        JsonTokenType.Null => TokenKind.Null,
        _ => TokenKind.Scalar,
    };
}
