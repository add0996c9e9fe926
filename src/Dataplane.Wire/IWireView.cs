namespace Dataplane.Wire;

/// <summary>A typed, checked window on packet bytes: after <see cref="WireError.None"/> no accessor can fail.</summary>
public interface IWireView<TSelf> where TSelf : struct, IWireView<TSelf>, allows ref struct
{
    /// <summary>No shorter span ever parses.</summary>
    static abstract int MinSize { get; }

    static abstract WireError TryParse(ReadOnlySpan<byte> bytes, out TSelf view);
}
