using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>Where <c>--at</c> looks.</summary>
public sealed class Observation
{
    private const string PodPrefix = "pod:";
    private const int Points = 4;

    private static readonly ImmutableArray<string> Names = ["wire", "pod", "tunnel", "drops", "all"];

    private readonly bool[] _included = new bool[Points];
    private readonly HashSet<int>? _pods;
    private readonly Topology _topology;
    private readonly NetworkModel _model;

    private Observation(NetworkModel model, Topology topology, HashSet<int>? pods)
    {
        _model = model;
        _topology = topology;
        _pods = pods;
    }

    /// <summary>Reads the words of <c>--at</c>; none means wire.</summary>
    /// <exception cref="InvalidDataException">A word is unknown, or names a pod that the
    /// manifests do not have.</exception>
    public static Observation Parse(ImmutableArray<string> words, NetworkModel model, Topology topology)
    {
        List<string> named = [.. words.Where(word => word.StartsWith(PodPrefix, StringComparison.Ordinal))
            .Select(word => word[PodPrefix.Length..])];
        bool everyPod = words.Any(word => word is "pod" or "all");
        var observation = new Observation(
            model, topology, named.Count == 0 || everyPod ? null : [.. named.Select(name => IndexOf(name, model))]);
        foreach (string word in words.DefaultIfEmpty("wire")) observation.Include(word);
        return observation;
    }

    public bool Includes(ObservationPoint point) => _included[(int)point];

    /// <summary>Whether the endpoint (or −1 − node for an unlisted pod) was asked for.</summary>
    public bool IncludesPod(int endpoint) =>
        _pods is null || (endpoint >= 0 && _pods.Contains(_topology.Endpoints[endpoint].Pod));

    /// <summary>The pod behind an endpoint; null where no Pod object has it.</summary>
    public PodNetwork? PodOf(int endpoint) =>
        _topology.Endpoints[endpoint].Pod is >= 0 and int pod ? _model.Pods[pod] : null;

    private static int IndexOf(string name, NetworkModel model)
    {
        for (int index = 0; index < model.Pods.Length; index++)
        {
            if (model.Pods[index].Pod.ToString() == name) return index;
        }

        throw new InvalidDataException($"--at pod:{name}: no pod of that name is on the network");
    }

    private void Include(string word)
    {
        switch (word)
        {
            case "wire":
                _included[(int)ObservationPoint.Wire] = true;
                break;
            case "pod":
                _included[(int)ObservationPoint.Pod] = true;
                break;
            case "tunnel":
                _included[(int)ObservationPoint.Tunnel] = true;
                break;
            case "drops":
                _included[(int)ObservationPoint.Drop] = true;
                break;
            case "all":
                Array.Fill(_included, true);
                break;
            default:
                if (!word.StartsWith(PodPrefix, StringComparison.Ordinal))
                {
                    throw new InvalidDataException(
                        $"--at {word}: unknown (known: {string.Join(", ", Names)}, pod:NS/NAME)");
                }

                _included[(int)ObservationPoint.Pod] = true;
                break;
        }
    }
}
