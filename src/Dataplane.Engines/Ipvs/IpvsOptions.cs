namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Module parameters and <c>net.ipv4.vs.*</c>; the defaults are what kube-proxy sets on a kernel from 5.9 on.
/// </summary>
public sealed record IpvsOptions
{
    public static readonly IpvsOptions Default = new();

    /// <summary>What the sysctls are where nobody has set them.</summary>
    public static readonly IpvsOptions Kernel =
        new() { ExpireNodestConn = false, ExpireQuiescentTemplate = false, ServiceTableBits = KernelServiceTableBits };

    /// <summary><c>IP_VS_SVC_TAB_BITS</c> of Linux 6.1: 256 buckets, whatever the number of services.</summary>
    public const int KernelServiceTableBits = 8;

    /// <summary>
    /// Buckets of the service hash, as a power of two; 0: the kernel's 256, and more where there are more services than
    /// that. 6.1 has 256 always, so that 50,000 services make chains of 200; the resizable tables of later kernels do
    /// not.
    /// </summary>
    public int ServiceTableBits { get; init; }

    /// <summary>Buckets of the connection hash, as a power of two: ip_vs's <c>conn_tab_bits</c>, 8 to 20.</summary>
    public int ConnectionTableBits { get; init; } = 12;

    /// <summary>Size of an mh table: <c>CONFIG_IP_VS_MH_TAB_INDEX</c>, 8 (251 entries) to 17 (131,071).</summary>
    public int MaglevTableIndex { get; init; } = 12;

    /// <summary>A packet of a connection whose real server is gone ends it, and is scheduled again.</summary>
    public bool ExpireNodestConn { get; init; } = true;

    /// <summary>Weight 0 ends persistence.</summary>
    public bool ExpireQuiescentTemplate { get; init; } = true;

    /// <summary><c>conn_reuse_mode</c>: with bit 0, a SYN on a connection that is over is scheduled anew.</summary>
    public int ConnReuseMode { get; init; } = 1;
}
