using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>Equal lists of numbers are one key.</summary>
internal sealed class SequenceComparer : IEqualityComparer<ImmutableArray<int>>
{
    public static readonly SequenceComparer Instance = new();

    public bool Equals(ImmutableArray<int> left, ImmutableArray<int> right) => left.AsSpan().SequenceEqual(right.AsSpan());

    public int GetHashCode(ImmutableArray<int> list)
    {
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes(list.AsSpan()));
        return hash.ToHashCode();
    }
}
