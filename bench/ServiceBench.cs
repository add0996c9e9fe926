using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>The first packet's question: which backend? As the number of Services grows.</summary>
[MemoryDiagnoser]
public class ServiceBench : IDisposable
{
    private const int Asked = 4096;
    private const int MaglevSize = 2039;

    private readonly AffinityMap _affinity = new();
    private readonly FlowKey[] _keys = new FlowKey[Asked];
    private AddressNames? _names;
    private EbpfTables? _random;
    private EbpfTables? _maglev;

    [Params(10, 100, 1_000, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Compile()
    {
        var cluster = new SampleCluster(nodes: 10, Services, endpoints: 5);
        _names = new AddressNames(AddressMap.Build([]));
        _random = EbpfTables.Compile(cluster.Snapshot, _names, EbpfOptions.Default);
        _maglev = EbpfTables.Compile(
            cluster.Snapshot, _names, new EbpfOptions { Algorithm = LbAlgorithm.Maglev, MaglevSize = MaglevSize });
        var draw = new Draw(1);
        uint first = IpAddress.Parse(SampleCluster.ServiceV4(1)).V4;
        for (int index = 0; index < Asked; index++)
        {
            _keys[index] = new FlowKey
            {
                Source = 0x0AF4_0002 + draw.Next(1000),
                Destination = first + draw.Next((uint)Services - 1),
                SourcePort = (ushort)draw.Next(),
                DestinationPort = SampleCluster.ServicePort,
                Protocol = IpProtocol.Tcp,
                Family = 4,
            };
        }
    }

    [Benchmark(Description = "A Service is found, its backend drawn at random", OperationsPerInvoke = Asked)]
    public uint Random() => Ask(_random!, SampleCluster.ServicePort);

    [Benchmark(Description = "A Service is found, its backend by Maglev", OperationsPerInvoke = Asked)]
    public uint Maglev() => Ask(_maglev!, SampleCluster.ServicePort);

    [Benchmark(Description = "No Service has the port", OperationsPerInvoke = Asked)]
    public uint Miss() => Ask(_random!, port: 81);

    public void Dispose()
    {
        _random?.Dispose();
        _maglev?.Dispose();
        _names?.Dispose();
        _affinity.Dispose();
        GC.SuppressFinalize(this);
    }

    private uint Ask(EbpfTables tables, ushort port)
    {
        var engine = new EbpfEngine(tables);
        var state = new ServiceState(0, _affinity);
        var draw = new Draw(7);
        uint sum = 0;
        foreach (ref FlowKey key in _keys.AsSpan())
        {
            key.DestinationPort = port;
            sum += engine.Lookup(new ServiceQuery(in key), in state, ref draw).BackendAddress;
        }

        return sum;
    }
}
