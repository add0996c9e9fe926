namespace Dataplane.Engines.Policies.Acls;

/// <summary>Which ACLs a flow takes part in (its conjunctions): a run of their ranks, ascending.</summary>
internal struct FlowRun
{
    public int First;
    public int Count;
}
