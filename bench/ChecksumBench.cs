using BenchmarkDotNet.Attributes;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>RFC 1071 over packets of common sizes: by words, by vectors, and while copying.</summary>
[MemoryDiagnoser]
public unsafe class ChecksumBench : IDisposable
{
    private const int Repeats = 256;

    private readonly NativeArray<byte> _from = new(4096);
    private readonly NativeArray<byte> _to = new(4096);

    [Params(20, 60, 576, 1500)]
    public int Size { get; set; }

    [Benchmark(Description = "Sum, portable", OperationsPerInvoke = Repeats, Baseline = true)]
    public uint SumPortable()
    {
        uint sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += ChecksumKernel.Portable<SumOnly>(ref *_to.Start, in *_from.Start, Size);
        return sum;
    }

    [Benchmark(Description = "Sum, with the machine's vectors", OperationsPerInvoke = Repeats)]
    public uint Sum()
    {
        uint sum = 0;
        for (int i = 0; i < Repeats; i++) sum += InternetChecksum.Sum(new ReadOnlySpan<byte>(_from.Start, Size));
        return sum;
    }

    [Benchmark(Description = "Copy and sum, portable", OperationsPerInvoke = Repeats)]
    public uint CopyPortable()
    {
        uint sum = 0;
        for (int i = 0; i < Repeats; i++)
            sum += ChecksumKernel.Portable<SumAndCopy>(ref *_to.Start, in *_from.Start, Size);
        return sum;
    }

    [Benchmark(Description = "Copy and sum, with the machine's vectors", OperationsPerInvoke = Repeats)]
    public uint CopyAndSum()
    {
        uint sum = 0;
        for (int i = 0; i < Repeats; i++) sum += InternetChecksum.CopyAndSum(ref *_to.Start, ref *_from.Start, Size);
        return sum;
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
        GC.SuppressFinalize(this);
    }
}
