using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;

namespace Dataplane.Tests.Contracts;

public sealed class EbpfEngineWithRandomChoice : EngineContract<EbpfEngine>
{
    protected override EbpfEngine Compile(ClusterSnapshot snapshot, AddressNames names) =>
        new(EbpfTables.Compile(snapshot, names, EbpfOptions.Default));
}

public sealed class EbpfEngineWithMaglev : EngineContract<EbpfEngine>
{
    protected override EbpfEngine Compile(ClusterSnapshot snapshot, AddressNames names) =>
        new(EbpfTables.Compile(snapshot, names, new EbpfOptions { Algorithm = LbAlgorithm.Maglev }));
}
