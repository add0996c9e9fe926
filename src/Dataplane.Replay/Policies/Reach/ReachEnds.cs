using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Policies;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>
/// Everybody in a cluster who can send or receive: living pods with an address; and addresses that were asked for.
/// </summary>
public sealed class ReachEnds
{
    private readonly ClusterSnapshot _snapshot;
    private readonly List<ReachEnd> _all = [];
    private readonly Dictionary<string, int> _byName = [];
    private readonly Dictionary<IpAddress, int> _byAddress = [];

    public ReachEnds(PolicyModel model)
    {
        _snapshot = model.Snapshot;
        int silent = 0;
        for (int position = 0; position < _snapshot.Pods.Length; position++)
        {
            Pod pod = _snapshot.Pods[position];
            if (pod.IsTerminated) continue;
            if (pod.Addresses.IsEmpty)
            {
                silent++;
                continue;
            }

            Add(new ReachEnd(pod.ToString(), pod.Addresses[0])
            {
                Identity = model.IdentityOfPod[position],
                Pod = position,
                Node = pod.NodeName,
                IsNode = pod.HostNetwork,
            });
        }

        PodCount = _all.Count;
        if (silent > 0) Notes.Add($"{Wording.Count(silent, "pod")} without an address left out");
    }

    public IReadOnlyList<ReachEnd> All => _all;

    /// <summary>Pods come first.</summary>
    public int PodCount { get; }

    public List<string> Notes { get; } = [];

    public Pod PodOf(int end) => _snapshot.Pods[_all[end].Pod];

    /// <summary>The end of that name; −1 where there is none.</summary>
    public int Find(string name) => _byName.GetValueOrDefault(name, -1);

    /// <summary>The pod that has the address, else the node, else somebody outside.</summary>
    public int OfAddress(IpAddress address)
    {
        if (_byAddress.TryGetValue(address, out int known)) return known;

        Node? node = _snapshot.Nodes.FirstOrDefault(node =>
            node.InternalIps.Contains(address) || node.ExternalIps.Contains(address));
        return Add(new ReachEnd(address.ToString(), address) { Node = node?.Name ?? "", IsNode = node is not null });
    }

    /// <summary>The pod's name that was probably meant.</summary>
    public string? Nearest(string name) => NearestWord.Of(name, _all.Take(PodCount).Select(end => end.Name));

    /// <summary>Container ports of a pod; where it declares none, those on which Services send to it.</summary>
    public static ImmutableArray<ReachPort> PortsOf(Pod pod, Func<IEnumerable<ReachPort>> fromServices)
    {
        IEnumerable<ReachPort> declared = pod.Ports.Select(port => new ReachPort(port.Protocol, port.Port)).Distinct();
        return pod.Ports.IsEmpty ? [.. fromServices().Distinct()] : [.. declared];
    }

    private int Add(ReachEnd end)
    {
        int number = _all.Count;
        _all.Add(end);
        _byName.TryAdd(end.Name, number);
        if (end.Pod < 0 || !end.IsNode) _byAddress.TryAdd(end.Address, number);
        if (end.Pod < 0 || end.IsNode) return number;

        foreach (IpAddress address in _snapshot.Pods[end.Pod].Addresses) _byAddress.TryAdd(address, number);
        return number;
    }
}
