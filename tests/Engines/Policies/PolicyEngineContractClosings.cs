using Dataplane.Engines.Policies.Acls;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Engines.Policies.Identities;
using Xunit;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>Felix's chains.</summary>
public class ChainPolicyEngineContractTests : PolicyEngineContract<ChainPolicyEngine>
{
    [Fact]
    public void Connections_that_stand_survive_a_change_of_policies() =>
        Assert.False(ChainPolicyEngine.JudgesEstablished);

    private protected override (ChainPolicyEngine Engine, IDisposable Tables) Compile(PolicyLab lab)
    {
        ChainPolicyTables tables = ChainPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);
        return (new ChainPolicyEngine(tables), tables);
    }
}

/// <summary>OVN's ACLs.</summary>
public class AclPolicyEngineContractTests : PolicyEngineContract<AclPolicyEngine>
{
    [Fact]
    public void Connections_that_stand_are_judged_again() => Assert.True(AclPolicyEngine.JudgesEstablished);

    private protected override (AclPolicyEngine Engine, IDisposable Tables) Compile(PolicyLab lab)
    {
        AclPolicyTables tables = AclPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);
        return (new AclPolicyEngine(tables), tables);
    }
}

/// <summary>Cilium's identities.</summary>
public class IdentityPolicyEngineContractTests : PolicyEngineContract<IdentityPolicyEngine>
{
    protected override bool IpBlocksMatchPodsAndNodes => false;

    protected override bool NamesTheFirstRule => false;

    [Fact]
    public void Connections_that_stand_are_judged_again() => Assert.True(IdentityPolicyEngine.JudgesEstablished);

    private protected override (IdentityPolicyEngine Engine, IDisposable Tables) Compile(PolicyLab lab)
    {
        IdentityPolicyTables tables = IdentityPolicyTables.Compile(lab.Model, lab.Network, lab.Topology);
        return (new IdentityPolicyEngine(tables), tables);
    }
}
