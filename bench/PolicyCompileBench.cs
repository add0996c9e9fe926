using BenchmarkDotNet.Attributes;
using Dataplane.Bench.Fixtures;
using Dataplane.Engines.Policies.Acls;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Engines.Policies.Identities;

namespace Dataplane.Bench;

/// <summary>From the model to each style's tables, 5,000 pods.</summary>
[MemoryDiagnoser]
public class PolicyCompileBench : IDisposable
{
    private const int Pods = 5_000;

    private PolicyCluster? _cluster;

    [Params(1_000, 10_000)]
    public int Policies { get; set; }

    [GlobalSetup]
    public void Make() => _cluster = new PolicyCluster(Pods, Policies);

    [Benchmark(Description = "Felix's chains")]
    public void Chains() => ChainPolicyTables.Compile(_cluster!.Model, _cluster.Network, _cluster.Topology).Dispose();

    [Benchmark(Description = "OVN's ACLs")]
    public void Acls() => AclPolicyTables.Compile(_cluster!.Model, _cluster.Network, _cluster.Topology).Dispose();

    [Benchmark(Description = "Cilium's maps")]
    public void Identities() =>
        IdentityPolicyTables.Compile(_cluster!.Model, _cluster.Network, _cluster.Topology).Dispose();

    public void Dispose()
    {
        _cluster?.Dispose();
        GC.SuppressFinalize(this);
    }
}
