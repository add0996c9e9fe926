using BenchmarkDotNet.Attributes;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does copying a frame while it is summed buy, against a copy and a sum of their own? Over more memory than the
/// caches hold, as with a capture.
/// </summary>
public unsafe class CopyFirstBench : IDisposable
{
    private const int Frames = 1 << 16;
    private const int Slot = 2048;
    private const int Burst = 64;

    private readonly NativeArray<byte> _capture = new((long)Frames * Slot);
    private readonly NativeArray<byte> _burst = new(Burst * Slot);

    [Params(60, 1500)]
    public int Size { get; set; }

    [Benchmark(Description = "Copy, then sum the copy", OperationsPerInvoke = Frames, Baseline = true)]
    public uint CopyThenSum()
    {
        uint sum = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            byte* to = _burst.Start + (frame % Burst * Slot);
            Buffer.MemoryCopy(_capture.Start + ((long)frame * Slot), to, Slot, Size);
            sum += InternetChecksum.Sum(new ReadOnlySpan<byte>(to, Size));
        }

        return sum;
    }

    [Benchmark(Description = "Copy and sum in one pass", OperationsPerInvoke = Frames)]
    public uint CopyAndSum()
    {
        uint sum = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            byte* to = _burst.Start + (frame % Burst * Slot);
            sum += InternetChecksum.CopyAndSum(ref *to, ref _capture.Start[(long)frame * Slot], Size);
        }

        return sum;
    }

    [Benchmark(Description = "The same in whole vectors, beyond the frame's end", OperationsPerInvoke = Frames)]
    public uint CopyAndSumPadded()
    {
        uint sum = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            byte* to = _burst.Start + (frame % Burst * Slot);
            sum += InternetChecksum.CopyAndSumPadded(to, _capture.Start + ((long)frame * Slot), Size);
        }

        return sum;
    }

    public void Dispose()
    {
        _capture.Dispose();
        _burst.Dispose();
        GC.SuppressFinalize(this);
    }
}
