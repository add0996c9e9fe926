using System.Runtime.CompilerServices;

namespace Dataplane.Cluster.Manifests;

/// <summary>The fields of one object that came before its kind was known, kept to be read again as one map.</summary>
internal sealed class TokenTape : TokenSource
{
    private readonly List<Token> _tokens = [];
    private char[] _characters = new char[1024];
    private int _filled;
    private int _next;

    private readonly record struct Token(TokenKind Kind, int Line, int Start, int Length);

    public bool IsEmpty => _tokens.Count == 0;

    public override ReadOnlySpan<char> Text => _characters.AsSpan(_tokens[_next - 1].Start, _tokens[_next - 1].Length);

    public void Clear()
    {
        _tokens.Clear();
        _filled = 0;
    }

    /// <summary>Keeps a field: its key, and the value whose first token <paramref name="source"/> stands on.</summary>
    public void Record(ReadOnlySpan<char> key, int line, TokenSource source)
    {
        if (IsEmpty) Add(TokenKind.MapStart, line, default);
        Add(TokenKind.Key, line, key);
        int outside = source.Kind is TokenKind.MapStart or TokenKind.ListStart ? source.Depth - 1 : source.Depth;
        Copy(source);
        while (source.Depth > outside)
        {
            source.Read();
            Copy(source);
        }
    }

    /// <summary>Stands on the first token of the map again.</summary>
    public void Rewind()
    {
        Add(TokenKind.MapEnd, _tokens.Count == 0 ? 0 : _tokens[^1].Line, default);
        if (_tokens.Count == 1) _tokens.Insert(0, new Token(TokenKind.MapStart, 0, 0, 0));
        _next = 0;
        Depth = 0;
        Read();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Read()
    {
        if (_next == _tokens.Count)
        {
            Kind = TokenKind.End;
            return;
        }

        Token token = _tokens[_next++];
        Kind = token.Kind;
        Line = token.Line;
        if (Kind is TokenKind.MapStart or TokenKind.ListStart) Depth++;
        else if (Kind is TokenKind.MapEnd or TokenKind.ListEnd) Depth--;
    }

    private void Copy(TokenSource source) =>
        Add(source.Kind, source.Line, source.Kind is TokenKind.Key or TokenKind.Scalar ? source.Text : default);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(TokenKind kind, int line, ReadOnlySpan<char> text)
    {
        if (_filled + text.Length > _characters.Length)
            Array.Resize(ref _characters, Math.Max(_characters.Length * 2, _filled + text.Length));

        text.CopyTo(_characters.AsSpan(_filled));
        _tokens.Add(new Token(kind, line, _filled, text.Length));
        _filled += text.Length;
    }
}
