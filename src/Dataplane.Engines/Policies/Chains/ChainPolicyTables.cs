using System.Runtime.CompilerServices;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Core;
using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>
/// Policies as Felix writes them for iptables (<c>felix/rules</c>): endpoints' chains, policies' chains,
/// sets. Immutable once compiled; engines share it. Pods of one identity share a compiled chain, which is
/// printed once for each.
/// </summary>
public sealed class ChainPolicyTables : IDisposable
{
    private readonly PolicyPlaces _places;
    private readonly ChainCompiler _v4;
    private readonly ChainCompiler _v6;
    private readonly ChainProgram _programV4;
    private readonly ChainProgram _programV6;
    private readonly int[] _endpointsV4;
    private readonly int[] _endpointsV6;

    private ChainPolicyTables(PolicyModel model, NetworkModel network, PolicyPlaces places)
    {
        _places = places;
        _v4 = new ChainCompiler(model, places, family: 4);
        _v6 = new ChainCompiler(model, places, family: 6);
        _programV4 = _v4.Program;
        _programV6 = _v6.Program;
        _endpointsV4 = _v4.Endpoints;
        _endpointsV6 = _v6.Endpoints;
        Model = model;
        Network = network;
    }

    public PolicyModel Model { get; }

    public NetworkModel Network { get; }

    /// <summary>Rules of IPv4's chains; pods of one identity count once.</summary>
    public int RuleCount => _programV4.RuleCount;

    /// <summary>Rules of IPv4's chains that belong to policies, not to endpoints.</summary>
    public int PolicyRuleCount => _v4.PolicyRuleCount;

    public int SetCount => _v4.Sets.Length;

    /// <summary>Members of all of IPv4's sets.</summary>
    public int MemberCount => _programV4.MemberCount;

    /// <summary>Bytes of memory that walks read.</summary>
    public long Size => _programV4.Size + _programV6.Size;

    internal PolicyPlaces Places => _places;

    public static ChainPolicyTables Compile(PolicyModel model, NetworkModel network, Topology topology) =>
        new(model, network, PolicyPlaces.Of(model, network, topology));

    /// <summary>The walk, with somebody who watches its rules.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PolicyVerdict Judge<TTrace>(in PolicyQuery query, ref TTrace trace)
        where TTrace : struct, IChainTrace
    {
        if (_places.IsNeverJudged(in query)) return new PolicyVerdict(true, PolicyVerdict.NeverJudged);

        int identity = _places.IdentityOf(query.Endpoint);
        if (identity < 0) return new PolicyVerdict(true, PolicyVerdict.NotIsolated);

        ref readonly FlowKey key = ref query.Key;
        var packet = new ChainPacket
        {
            Source = AddressWords.Of(key.Source, key.Family, _places.Names),
            Destination = AddressWords.Of(key.Destination, key.Family, _places.Names),
            SourcePort = key.SourcePort,
            DestinationPort = key.DestinationPort,
            Protocol = key.Protocol,
        };
        int slot = 2 * identity + (query.Direction == PolicyDirection.Ingress ? 0 : 1);
        return key.Family == 4
            ? _programV4.Walk(_endpointsV4[slot], in packet, ref trace)
            : _programV6.Walk(_endpointsV6[slot], in packet, ref trace);
    }

    /// <summary>
    /// A rule by its number in a walk: the chain that it stands in, and how iptables-save would print it.
    /// </summary>
    /// <param name="rule">As <see cref="IChainTrace"/> was told it.</param>
    /// <param name="family">The packet's: 4 or 6.</param>
    /// <param name="endpoint">The pod that was judged: chains of endpoints have its veth's name.</param>
    public (string Chain, string Text) RuleAt(int rule, byte family, int endpoint)
    {
        Pod pod = Network.Pods[endpoint].Pod;
        return Of(family).RuleAt(rule, FelixNames.VethOf(pod.Namespace, pod.Name));
    }

    /// <summary>One node's filter table and sets, to be printed as iptables-save and ipset save do.</summary>
    public IptablesRuleset RulesetOf(int node, int family) => FelixRuleset.Of(this, node, family);

    public void Dispose()
    {
        _places.Dispose();
        _programV4.Dispose();
        _programV6.Dispose();
    }

    internal ChainCompiler Of(int family) => family == 4 ? _v4 : _v6;
}
