using Dataplane.Core;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// <c>cilium_lb4_maglev</c>: a table for each set of backends; frontends that share their backends share their table.
/// No tables where the choice is random.
/// </summary>
internal sealed unsafe class MaglevTables : IDisposable
{
    private readonly NativeArray<uint> _entries;
    private long _next;

    public MaglevTables(int frontends, int tables, EbpfOptions options)
    {
        Size = options.Algorithm == LbAlgorithm.Maglev ? (uint)options.MaglevSize : 0;
        _entries = new NativeArray<uint>(Size * (long)tables);
        Starts = new NativeArray<long>(frontends + 1);
    }

    /// <summary>Entries of a table; 0 where there are none.</summary>
    public uint Size { get; }

    /// <summary>By number of the frontend: where its table begins.</summary>
    public NativeArray<long> Starts { get; }

    public long Bytes => _entries.Length * sizeof(uint);

    /// <summary>Fills the next table, and says where it begins.</summary>
    public long Add(ReadOnlySpan<MaglevBackend> backends)
    {
        long start = _next;
        Maglev.Fill(new Span<uint>(_entries.Start + start, (int)Size), backends);
        _next += Size;
        return start;
    }

    public ReadOnlySpan<uint> TableAt(long start) => new(_entries.Start + start, (int)Size);

    public uint Choose(long start, uint hash) => _entries[start + hash % Size];

    public void Dispose()
    {
        _entries.Dispose();
        Starts.Dispose();
    }
}
