using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>From an address to what stands behind it, in a cluster of 25,000 pods.</summary>
[MemoryDiagnoser]
public unsafe class AddressBench : IDisposable
{
    private const int Asked = 4096;

    private readonly Emulation _emulation = new SampleCluster(nodes: 250, services: 0, endpoints: 0, dualStack: true)
        .Compile();
    private readonly uint[] _v4 = new uint[Asked];
    private readonly NativeArray<byte> _v6 = new(Asked * 16);

    [GlobalSetup]
    public void Choose()
    {
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++)
        {
            (int node, int pod) = ((int)draw.Next(250), (int)draw.Next(SampleCluster.PodsPerNode));
            _v4[index] = IpAddress.Parse(SampleCluster.PodV4(node, pod)).V4;
            IpAddress.Parse(SampleCluster.PodV6(node, pod)).WriteTo(new Span<byte>(_v6.Start + (index * 16), 16));
        }
    }

    [Benchmark(Description = "The place of an IPv4 address", OperationsPerInvoke = Asked)]
    public uint FindV4()
    {
        uint sum = 0;
        foreach (uint address in _v4) sum += _emulation.Topology.Map.FindV4(address).Packed;
        return sum;
    }

    [Benchmark(Description = "The name and the place of an IPv6 address", OperationsPerInvoke = Asked)]
    public uint FindV6()
    {
        AddressNames names = _emulation.Topology.Names;
        uint sum = 0;
        for (int index = 0; index < Asked; index++) sum += names.PlaceOf(names.NameOf(_v6.Start + (index * 16))).Packed;
        return sum;
    }

    public void Dispose()
    {
        _emulation.Dispose();
        _v6.Dispose();
        GC.SuppressFinalize(this);
    }
}
