using BenchmarkDotNet.Attributes;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>The connection table, in the cache and far beyond it.</summary>
[MemoryDiagnoser]
public class ConnectionBench : IDisposable
{
    private const int Asked = 1 << 16;

    private readonly FlowKey[] _keys = new FlowKey[Asked];
    private readonly FlowKey[] _new = new FlowKey[Asked];
    private readonly uint[] _entries = new uint[Asked];
    private readonly ConnectionTable _table = new();

    [Params(1_000, 1_000_000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        for (int flow = 0; flow < Connections; flow++) _table.TryAdd(ConnectionOf(KeyOf((uint)flow)), 0, out _);
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++)
        {
            _keys[index] = KeyOf(draw.Next((uint)Connections));
            _new[index] = KeyOf((uint)(Connections + index));
        }
    }

    [Benchmark(Description = "An established connection is found", OperationsPerInvoke = Asked)]
    public uint Find()
    {
        uint sum = 0;
        foreach (ref readonly FlowKey key in _keys.AsSpan()) sum += _table.Find(in key);
        return sum;
    }

    [Benchmark(Description = "An unknown one is not", OperationsPerInvoke = Asked)]
    public uint Miss()
    {
        uint sum = 0;
        foreach (ref readonly FlowKey key in _new.AsSpan()) sum += _table.Find(in key);
        return sum;
    }

    [Benchmark(Description = "A new one is entered, and taken out again", OperationsPerInvoke = Asked)]
    public long EnterAndRemove()
    {
        for (int index = 0; index < Asked; index++) _table.TryAdd(ConnectionOf(_new[index]), 0, out _entries[index]);
        foreach (uint entry in _entries) _table.Remove(entry);
        return _table.Count;
    }

    public void Dispose()
    {
        _table.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static Connection ConnectionOf(FlowKey key) =>
        new() { Original = key, Reply = key.Reversed(), Expires = long.MaxValue };

    internal static FlowKey KeyOf(uint flow) => new()
    {
        Source = 0x0AF4_0002 + (flow >> 12),
        Destination = 0x0A60_000A,
        SourcePort = (ushort)(1024 + (flow & 0xFFF)),
        DestinationPort = 80,
        Protocol = IpProtocol.Tcp,
        Family = 4,
    };
}
