using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Which Services an endpoint stands behind: from a reply's source to the addresses that its client may have asked.</summary>
public sealed class BackendFrontends
{
    private readonly Dictionary<FlowKey, (int Start, int Count)> _ranges = [];
    private readonly FlowKey[] _frontends;

    /// <param name="pairs">Endpoints as sources, with the frontends that lead to them as destinations; else empty keys.</param>
    public BackendFrontends(IEnumerable<(FlowKey Backend, FlowKey Frontend)> pairs)
    {
        var frontends = new List<FlowKey>();
        foreach (IGrouping<FlowKey, FlowKey> group in pairs.GroupBy(pair => pair.Backend, pair => pair.Frontend))
        {
            int start = frontends.Count;
            frontends.AddRange(group.Distinct());
            _ranges.Add(group.Key, (start, frontends.Count - start));
        }

        _frontends = [.. frontends];
    }

    /// <summary>The frontends (destination and its port) behind which the sender of this packet stands.</summary>
    public ReadOnlySpan<FlowKey> Of(in FlowKey reply)
    {
        ref (int Start, int Count) range = ref CollectionsMarshal.GetValueRefOrNullRef(_ranges, BackendOf(in reply));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref range)) return default;

        return _frontends.AsSpan(range.Start, range.Count);
    }

    private static FlowKey BackendOf(in FlowKey reply) => new()
    {
        Source = reply.Source,
        SourcePort = reply.SourcePort,
        Protocol = reply.Protocol,
        Family = reply.Family,
    };
}
