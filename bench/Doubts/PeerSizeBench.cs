using BenchmarkDotNet.Attributes;
using Dataplane.Core;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does it buy that a peer takes half a cache line? Every packet may go to another node: 1,000 of them fit the
/// first cache with one layout and not with the other; 5,000 fit the second with both.
/// </summary>
public unsafe class PeerSizeBench : IDisposable
{
    private const int Asked = 1 << 14;
    private const int Line = 64;

    private readonly ushort[] _asked = new ushort[Asked];
    private NativeArray<byte>? _peers;

    [Params(1_000, 5_000)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _peers = new NativeArray<byte>((long)Nodes * Line);
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++) _asked[index] = (ushort)draw.Next((uint)Nodes);
    }

    [Benchmark(Description = "A whole line a peer", OperationsPerInvoke = Asked, Baseline = true)]
    public ulong WholeLine() => Read(Line);

    [Benchmark(Description = "Half a line a peer", OperationsPerInvoke = Asked)]
    public ulong HalfLine() => Read(PeerEntry.Size);

    public void Dispose()
    {
        _peers?.Dispose();
        GC.SuppressFinalize(this);
    }

    // One after the other, as a packet's headers wait for its peer.
    private ulong Read(int size)
    {
        byte* peers = _peers!.Start;
        ulong last = 0;
        foreach (ushort node in _asked)
        {
            ref PeerEntry peer = ref *(PeerEntry*)(peers + ((node + (long)last) * size));
            last = peer.UnderlayMac + peer.TunnelMac + peer.OuterUdpSum;
        }

        return last;
    }
}
