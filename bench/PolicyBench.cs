using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Core;
using Dataplane.Engines.Policies.Acls;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Wire;

namespace Dataplane.Bench;

/// <summary>
/// May this connection be? In the three styles, as policies grow: 5,000 pods, half of the
/// questions for ports that are allowed.
/// </summary>
[MemoryDiagnoser]
public class PolicyBench : IDisposable
{
    private const int Pods = 5_000;
    private const int Asked = 4096;

    private readonly FlowKey[] _keys = new FlowKey[Asked];
    private readonly int[] _destinations = new int[Asked];
    private PolicyCluster? _cluster;
    private ChainPolicyTables? _chains;
    private AclPolicyTables? _acls;
    private IdentityPolicyTables? _identities;

    [Params(10, 1_000, 10_000)]
    public int Policies { get; set; }

    [GlobalSetup]
    public void Compile()
    {
        _cluster = new PolicyCluster(Pods, Policies);
        _chains = ChainPolicyTables.Compile(_cluster.Model, _cluster.Network, _cluster.Topology);
        _acls = AclPolicyTables.Compile(_cluster.Model, _cluster.Network, _cluster.Topology);
        _identities = IdentityPolicyTables.Compile(_cluster.Model, _cluster.Network, _cluster.Topology);
        var draw = new Draw(1);
        for (int index = 0; index < Asked; index++)
        {
            _destinations[index] = (int)draw.Next(Pods);
            _keys[index] = new FlowKey
            {
                Source = PolicyCluster.PodAddress((int)draw.Next(Pods)),
                Destination = PolicyCluster.PodAddress(_destinations[index]),
                SourcePort = 40_000,
                DestinationPort = index % 2 == 0
                    ? PolicyCluster.Port((int)draw.Next(1_000))
                    : (ushort)draw.Next(ushort.MaxValue),
                Protocol = IpProtocol.Tcp,
                Family = 4,
            };
        }
    }

    [Benchmark(Description = "Felix's chains are walked", OperationsPerInvoke = Asked)]
    public int Chains() => Ask(new ChainPolicyEngine(_chains!));

    [Benchmark(Description = "OVN's ACLs are classified", OperationsPerInvoke = Asked)]
    public int Acls() => Ask(new AclPolicyEngine(_acls!));

    [Benchmark(Description = "Cilium's maps are asked", OperationsPerInvoke = Asked)]
    public int Identities() => Ask(new IdentityPolicyEngine(_identities!));

    public void Dispose()
    {
        _chains?.Dispose();
        _acls?.Dispose();
        _identities?.Dispose();
        _cluster?.Dispose();
        GC.SuppressFinalize(this);
    }

    private int Ask<TEngine>(TEngine engine)
        where TEngine : struct, IPolicyEngine
    {
        int allowed = 0;
        for (int index = 0; index < _keys.Length; index++)
        {
            var query = new PolicyQuery(in _keys[index])
            {
                Direction = PolicyDirection.Ingress,
                Endpoint = _destinations[index],
                Peer = default,
            };
            if (engine.Judge(in query).IsAllowed) allowed++;
        }

        return allowed;
    }
}
