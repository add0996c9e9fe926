using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Outside;

/// <summary>
/// A CNI's own rules for what leaves the cluster (EgressFirewall, EgressNetworkPolicy), by the pod that sends: flows in
/// the order of the rules, of which the first that matches decides. Immutable once compiled.
/// </summary>
public sealed class OutsideTables
{
    private const int NoRule = -1;

    private readonly OutsideFlow[]?[] _flows;
    private readonly Topology _topology;

    private OutsideTables(OutsideFlow[]?[] flows, Topology topology)
    {
        _flows = flows;
        _topology = topology;
    }

    public static OutsideTables Compile(PolicyModel model, NetworkModel network, Topology topology)
    {
        Dictionary<string, OutsideFlow[]> spaces = [];
        foreach (CompiledPolicy policy in model.Policies.Where(policy => policy.Tier == PolicyTier.Outside))
            spaces.TryAdd(policy.Namespace, [.. policy.Egress.SelectMany(rule => FlowsOf(model.Rules[rule]))]);

        var flows = new OutsideFlow[]?[topology.Endpoints.Length];
        for (int endpoint = 0; endpoint < flows.Length; endpoint++)
        {
            int pod = topology.Endpoints[endpoint].Pod;
            if (pod >= 0) flows[endpoint] = spaces.GetValueOrDefault(network.Pods[pod].Pod.Namespace);
        }

        return new OutsideTables(flows, topology);
    }

    /// <summary>
    /// What the rules say of a packet that other policies let pass; those verdicts stand where they say nothing.
    /// </summary>
    internal PolicyVerdict Judge(in PolicyQuery query, PolicyVerdict otherwise)
    {
        OutsideFlow[]? flows = _flows[query.Endpoint];
        ref readonly FlowKey key = ref query.Key;
        if (flows is null || _topology.ClusterNetwork.Contains(key.Destination, key.Family, _topology.Names))
            return otherwise;

        int found = Find(flows, in key);
        return found == NoRule ? otherwise : new PolicyVerdict(flows[found].IsAllow, flows[found].Rule);
    }

    private int Find(OutsideFlow[] flows, in FlowKey key)
    {
        IpAddress address = key.Family == 6
            ? _topology.Names.AddressOf(key.Destination)
            : IpAddress.FromV4(key.Destination);
        for (int flow = 0; flow < flows.Length; flow++)
        {
            if (flows[flow].Matches(address, key.Protocol, key.DestinationPort)) return flow;
        }

        return NoRule;
    }

    private static IEnumerable<OutsideFlow> FlowsOf(CompiledRule rule) => rule.PeerBlocks.SelectMany(block =>
        (rule.AnyPort ? [new PortMatch(0, 0, ushort.MaxValue, null)] : rule.Ports)
            .Select(port => new OutsideFlow(
                block.Block, port.Protocol, port.First, port.Last, rule.Action == PolicyAction.Allow, rule.Number)));

    /// <summary>One destination of a rule; protocol 0 is any.</summary>
    private readonly record struct OutsideFlow(
        IpPrefix Block, byte Protocol, ushort First, ushort Last, bool IsAllow, int Rule)
    {
        public bool Matches(IpAddress address, byte protocol, ushort port) =>
            (Protocol == 0 || Protocol == protocol) && port >= First && port <= Last && Block.Contains(address);
    }
}
