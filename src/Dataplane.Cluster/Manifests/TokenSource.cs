using System.Runtime.CompilerServices;

namespace Dataplane.Cluster.Manifests;

/// <summary>What a manifest is made of, in YAML and JSON alike.</summary>
internal enum TokenKind : byte
{
    End,
    MapStart,
    MapEnd,
    ListStart,
    ListEnd,
    Key,
    Scalar,
    Null,
}

/// <summary>
/// A manifest as a stream of tokens; documents follow each other. Bad syntax is an InvalidDataException.
/// </summary>
internal abstract class TokenSource
{
    /// <summary>Deeper nesting than any Kubernetes object has; the limit keeps hostile files from the stack.</summary>
    public const int MaxDepth = 128;

    public TokenKind Kind { get; protected set; }

    /// <summary>The line on which the token begins, from 1.</summary>
    public int Line { get; protected set; }

    /// <summary>How many maps and lists are open behind this token.</summary>
    public int Depth { get; protected set; }

    /// <summary>A key's or scalar's characters, good until the next <see cref="Read"/>.</summary>
    public abstract ReadOnlySpan<char> Text { get; }

    public abstract void Read();

    /// <summary>From a value's first token to its last.</summary>
    public void Skip()
    {
        if (Kind is not (TokenKind.MapStart or TokenKind.ListStart)) return;

        SkipTo(Depth - 1);
    }

    /// <summary>On to the token that leaves only <paramref name="depth"/> maps and lists open.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SkipTo(int depth)
    {
        while (Depth > depth) Read();
    }
}
