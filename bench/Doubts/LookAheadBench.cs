using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does the Select stage's looking ahead buy first packets? A look-up is a chain of cache misses; the stage takes
/// a burst through it a link at a time. Ten Services fit the cache, 50,000 do not.
/// </summary>
public class LookAheadBench : IDisposable
{
    private const int Asked = 1 << 16;

    private readonly AffinityMap _affinity = new();
    private readonly FlowKey[] _keys = new FlowKey[Asked];
    private readonly uint[] _foreseen = new uint[PacketBurst.MaxRecords];
    private AddressNames? _names;
    private EbpfTables? _tables;

    [Params(10, 50_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Compile()
    {
        var cluster = new SampleCluster(nodes: 10, Services, endpoints: 5);
        _names = new AddressNames(AddressMap.Build([]));
        _tables = EbpfTables.Compile(cluster.Snapshot, _names, EbpfOptions.Default);
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

    [Benchmark(Description = "One look-up after the other", OperationsPerInvoke = Asked, Baseline = true)]
    public uint OneByOne()
    {
        var engine = new EbpfEngine(_tables!);
        var draw = new Draw(7);
        return Ask(in engine, _keys, ref draw);
    }

    [Benchmark(Description = "Send for the frontends first", OperationsPerInvoke = Asked)]
    public uint Prefetch() => InBursts(foresees: false);

    [Benchmark(Description = "Send for frontends, then for backends", OperationsPerInvoke = Asked)]
    public uint LookAhead() => InBursts(foresees: true);

    public void Dispose()
    {
        _tables?.Dispose();
        _names?.Dispose();
        _affinity.Dispose();
        GC.SuppressFinalize(this);
    }

    private uint InBursts(bool foresees)
    {
        var engine = new EbpfEngine(_tables!);
        var state = new ServiceState(0, _affinity);
        var draw = new Draw(7);
        uint sum = 0;
        for (int start = 0; start < Asked; start += PacketBurst.MaxRecords)
        {
            ReadOnlySpan<FlowKey> keys = _keys.AsSpan(start, PacketBurst.MaxRecords);
            foreach (ref readonly FlowKey key in keys) engine.Prefetch(in key);

            Draw ahead = draw;
            for (int index = 0; foresees && index < keys.Length; index++)
                _foreseen[index] = engine.Foresee(in keys[index], in state, ref ahead);
            sum += Ask(in engine, keys, ref draw);
        }

        return sum;
    }

    private uint Ask(in EbpfEngine engine, ReadOnlySpan<FlowKey> keys, ref Draw draw)
    {
        var state = new ServiceState(0, _affinity);
        uint sum = 0;
        foreach (ref readonly FlowKey key in keys)
            sum += engine.Lookup(new ServiceQuery(in key), in state, ref draw).BackendAddress;
        return sum;
    }
}
