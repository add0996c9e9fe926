using Dataplane.Core;

namespace Dataplane.Replay.Bench;

/// <summary>An engine that is asked and nothing else; its type is settled in <see cref="PipelineCatalog"/>.</summary>
public interface ILookupLoop
{
    /// <summary>Asks for each key as for a connection's first packet; gives a sum of the answers.</summary>
    uint Ask(ReadOnlySpan<FlowKey> keys, long now);
}

/// <summary>Look-ups in bursts, looking ahead as the pipeline's Select stage does; nothing is committed.</summary>
internal sealed class LookupLoop<TEngine>(TEngine engine, LookupContext context) : ILookupLoop
    where TEngine : struct, IServiceEngine
{
    private readonly TEngine _engine = engine;
    private readonly uint[] _foreseen = new uint[PacketBurst.MaxRecords];
    private Draw _draw = new(context.Seed);

    public uint Ask(ReadOnlySpan<FlowKey> keys, long now)
    {
        uint sum = 0;
        while (!keys.IsEmpty)
        {
            int count = Math.Min(keys.Length, _foreseen.Length);
            sum += AskBurst(keys[..count], now);
            keys = keys[count..];
        }

        return sum;
    }

    private uint AskBurst(ReadOnlySpan<FlowKey> keys, long now)
    {
        var state = new ServiceState(now, context.Affinity);
        foreach (ref readonly FlowKey key in keys) _engine.Prefetch(in key);

        Draw ahead = _draw;
        for (int index = 0; index < keys.Length; index++)
            _foreseen[index] = _engine.Foresee(in keys[index], in state, ref ahead);

        uint sum = 0;
        foreach (ref readonly FlowKey key in keys)
        {
            ServiceQuery query = context.QueryOf(in key);
            sum += _engine.Lookup(in query, in state, ref _draw).BackendAddress;
        }

        return sum;
    }
}
