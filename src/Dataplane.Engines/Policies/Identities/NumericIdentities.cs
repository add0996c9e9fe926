namespace Dataplane.Engines.Policies.Identities;

/// <summary>Cilium's numbers for who is who (<c>pkg/identity/numericidentity.go</c>).</summary>
public static class NumericIdentities
{
    /// <summary>In policy maps: anybody.</summary>
    public const uint Any = 0;

    public const uint Host = 1;
    public const uint World = 2;
    public const uint RemoteNode = 6;

    /// <summary>The world of a cluster that has both families is two.</summary>
    public const uint WorldV4 = 9;

    public const uint WorldV6 = 10;

    /// <summary>Label sets of pods begin here.</summary>
    public const uint FirstOfCluster = 256;

    /// <summary>Prefixes that policies name; numbered by each node for itself.</summary>
    public const uint CidrScope = 0x0100_0000;

    /// <summary>Nodes that policies name.</summary>
    public const uint RemoteNodeScope = 0x0200_0000;

    public static uint OfPods(int identity) => FirstOfCluster + (uint)identity;
}
