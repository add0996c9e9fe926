using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;

namespace Dataplane.Bench;

/// <summary>
/// Every CNI's tunnel, nanoseconds a packet; <c>dotnet run -c Release --project bench -- tunnels</c> compares them in
/// turns, which a busy machine does not disturb.
/// </summary>
[MemoryDiagnoser]
public class TunnelBench : IDisposable
{
    private TunnelPair? _pair;

    public static IEnumerable<TunnelVariant> Variants => TunnelVariant.All;

    [ParamsSource(nameof(Variants))]
    public TunnelVariant Tunnel { get; set; } = TunnelVariant.All[0];

    [GlobalSetup]
    public void Prepare() => _pair = new TunnelPair(Tunnel, SampleFrames.Small);

    [Benchmark(Description = "Encapsulate", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void Encapsulate() => _pair!.Encapsulate();

    [Benchmark(Description = "Decapsulate", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void Decapsulate() => _pair!.Decapsulate();

    [Benchmark(Description = "Put a burst's lanes back (a part of the two above)",
        OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void PutBack() => _pair!.PutBack();

    [Benchmark(Description = "One flow through the sending node", OperationsPerInvoke = PacketBurst.MaxRecords)]
    public void Send() => _pair!.Send();

    [GlobalCleanup]
    public void Dispose()
    {
        _pair?.Dispose();
        _pair = null;
        GC.SuppressFinalize(this);
    }
}
