using BenchmarkDotNet.Attributes;
using Dataplane.Core;

namespace Dataplane.Bench.Doubts;

/// <summary>What does CRC32C buy as a flow's hash, against the runtime's own hash of the same two words?</summary>
public class HashBench
{
    private const int Keys = 1 << 12;

    private readonly FlowKey[] _keys = [.. Enumerable.Range(0, Keys).Select(flow => ConnectionBench.KeyOf((uint)flow))];

    [Benchmark(Description = "System.HashCode", OperationsPerInvoke = Keys, Baseline = true)]
    public uint HashCode()
    {
        uint sum = 0;
        foreach (ref readonly FlowKey key in _keys.AsSpan())
            sum += (uint)System.HashCode.Combine(key.Addresses, key.Rest);
        return sum;
    }

    [Benchmark(Description = "CRC32C, one instruction a word", OperationsPerInvoke = Keys)]
    public uint Crc()
    {
        uint sum = 0;
        foreach (ref readonly FlowKey key in _keys.AsSpan()) sum += key.Hash();
        return sum;
    }
}
