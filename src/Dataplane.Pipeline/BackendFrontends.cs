using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// Which Services an endpoint stands behind: from a reply's source to the addresses that its client may have asked. Few
/// captures ask, so the table is made when one does.
/// </summary>
/// <param name="pairs">Endpoints as sources, with the frontends that lead to them as
/// destinations; else empty keys.</param>
public sealed class BackendFrontends(IEnumerable<(FlowKey Backend, FlowKey Frontend)> pairs)
{
    private const int End = -1;

    private readonly List<(FlowKey Frontend, int Next)> _frontends = [];
    private Dictionary<FlowKey, int>? _first;

    /// <summary>Where the frontends of this packet's sender begin; negative where it stands behind none.</summary>
    public int FirstOf(in FlowKey reply)
    {
        _first ??= Build();
        ref int first = ref CollectionsMarshal.GetValueRefOrNullRef(_first, BackendOf(in reply));
        return Unsafe.IsNullRef(ref first) ? End : first;
    }

    /// <summary>
    /// The frontend (destination and its port) at a place, and the next place; negative behind the last.
    /// </summary>
    public int Read(int place, out FlowKey frontend)
    {
        (frontend, int next) = _frontends[place];
        return next;
    }

    private static FlowKey BackendOf(in FlowKey reply) => new()
    {
        Source = reply.Source,
        SourcePort = reply.SourcePort,
        Protocol = reply.Protocol,
        Family = reply.Family,
    };

    private Dictionary<FlowKey, int> Build()
    {
        Dictionary<FlowKey, int> first = [];
        foreach ((FlowKey backend, FlowKey frontend) in pairs)
        {
            ref int start = ref CollectionsMarshal.GetValueRefOrAddDefault(first, backend, out bool isKnown);
            _frontends.Add((frontend, isKnown ? start : End));
            start = _frontends.Count - 1;
        }

        return first;
    }
}
