using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Dataplane.Core;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does asking the kernel for large pages buy look-ups in a table of 256 MiB, four million connections of 64
/// bytes? One after the other, and many at once, as after a prefetch. Linux's alone; elsewhere both are the same.
/// </summary>
public unsafe partial class LargePageBench : IDisposable
{
    private const int Asked = 1 << 16;
    private const int Line = 64;
    private const nuint Size = 256 << 20;
    private const nuint LargePage = 2 << 20;
    private const int HugePage = 14;
    private const int NoHugePage = 15;

    private readonly uint[] _lines = new uint[Asked];
    private byte* _table;

    [Params(false, true)]
    public bool LargePages { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _table = (byte*)NativeMemory.AlignedAlloc(Size, LargePage);
        if (OperatingSystem.IsLinux()) _ = Advise(_table, Size, LargePages ? HugePage : NoHugePage);
        NativeMemory.Clear(_table, Size);
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++) _lines[index] = draw.Next((uint)(Size / Line));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        NativeMemory.AlignedFree(_table);
        _table = null;
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "One after the other", OperationsPerInvoke = Asked)]
    public ulong OneByOne()
    {
        ulong last = 0;
        foreach (uint line in _lines) last = *(ulong*)(_table + ((line + last) * Line));
        return last;
    }

    [Benchmark(Description = "Many at once", OperationsPerInvoke = Asked)]
    public ulong ManyAtOnce()
    {
        ulong sum = 0;
        foreach (uint line in _lines) sum += *(ulong*)(_table + ((ulong)line * Line));
        return sum;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint size, int advice);
}
