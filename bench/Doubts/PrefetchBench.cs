using BenchmarkDotNet.Attributes;
using Dataplane.Core;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does looking connections up in two passes buy, the first sending for cache lines and the second comparing? A
/// table of a million does not fit the cache; one of a thousand does.
/// </summary>
public class PrefetchBench : IDisposable
{
    private const int Asked = 1 << 16;
    private const int Burst = 64;

    private readonly FlowKey[] _keys = new FlowKey[Asked];
    private readonly uint[] _hashes = new uint[Burst];
    private readonly uint[] _candidates = new uint[Burst];
    private readonly ConnectionTable _table = new();

    [Params(1_000, 1_000_000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        for (int flow = 0; flow < Connections; flow++)
            _table.TryAdd(ConnectionBench.ConnectionOf(ConnectionBench.KeyOf((uint)flow)), 0, out _);
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++) _keys[index] = ConnectionBench.KeyOf(draw.Next((uint)Connections));
    }

    [Benchmark(Description = "One pass: hash, probe, compare", OperationsPerInvoke = Asked, Baseline = true)]
    public uint OnePass()
    {
        uint found = 0;
        foreach (ref readonly FlowKey key in _keys.AsSpan()) found += Expire(_table.Find(in key));
        return found;
    }

    [Benchmark(Description = "Three passes: hash and prefetch, probe and prefetch, compare",
        OperationsPerInvoke = Asked)]
    public uint ThreePasses()
    {
        uint found = 0;
        for (int start = 0; start < Asked; start += Burst)
        {
            ReadOnlySpan<FlowKey> keys = _keys.AsSpan(start, Burst);
            for (int index = 0; index < Burst; index++)
            {
                _hashes[index] = keys[index].Hash();
                _table.PrefetchSlot(_hashes[index]);
            }

            for (int index = 0; index < Burst; index++) _candidates[index] = _table.FindCandidate(_hashes[index]);
            for (int index = 0; index < Burst; index++)
            {
                uint reference = _candidates[index];
                if (reference != 0 && !_table.Matches(reference, in keys[index]))
                    reference = _table.Find(in keys[index], _hashes[index]);
                found += Expire(reference);
            }
        }

        return found;
    }

    public void Dispose()
    {
        _table.Dispose();
        GC.SuppressFinalize(this);
    }

    // Every packet moves its connection's timeout: the line is needed, whoever compares.
    private uint Expire(uint reference)
    {
        _table[reference >> 1].Expires++;
        return reference;
    }
}
