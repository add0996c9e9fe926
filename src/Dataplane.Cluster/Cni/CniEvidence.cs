namespace Dataplane.Cluster.Cni;

/// <summary>What shows that a cluster runs a CNI.</summary>
/// <param name="Strength">How much it says: what a CNI's daemon wrote on a node outweighs its configuration.</param>
/// <param name="Text">In words, with file and line.</param>
internal readonly record struct CniEvidence(EvidenceStrength Strength, string Text);

/// <summary>What a finding is worth: daemons write annotations while they run; objects may outlive their CNI.</summary>
internal enum EvidenceStrength : byte
{
    None,
    Configuration,
    Object,
    Annotation,
}
