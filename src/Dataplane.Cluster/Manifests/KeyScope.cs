using System.Runtime.CompilerServices;

namespace Dataplane.Cluster.Manifests;

/// <summary>The keys of one map so far, as 64-bit FNV-1a hashes: finds the key that stands twice.</summary>
internal struct KeyScope
{
    private const int InlineCount = 12;

    private Hashes _hashes;
    private int _count;
    private HashSet<ulong>? _more;

    [InlineArray(InlineCount)]
    private struct Hashes
    {
        private ulong _first;
    }

    /// <summary>False where the key has been there before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Add(ReadOnlySpan<char> key)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char character in key) hash = (hash ^ character) * 0x0000_0100_0000_01B3;

        ReadOnlySpan<ulong> seen = _hashes;
        if (seen[..Math.Min(_count, InlineCount)].Contains(hash)) return false;

        if (_count < InlineCount)
        {
            _hashes[_count++] = hash;
            return true;
        }

        _more ??= [];
        return _more.Add(hash);
    }
}
